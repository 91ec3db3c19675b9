// Questions about contexts in the page: training and answers, against the native program; wrong use.
import { compare, equal } from './native.mjs';
import { ready } from './runs.mjs';
import { asNative, goesOn, refusals } from './tasks.mjs';

/** Questions about who is where, behind letters of one to four bytes; every fifth has no answer. */
function questions(count) {
  const names = ['Ada', 'Zoë', 'Eve', 'Bob'];
  const places = ['Rome', 'New York', 'Oslo', 'Cairo', 'Lima'];
  return Array.from({ length: count }, (_, i) => {
    const [who, other] = [names[i % 4], names[(i + 1 + i % 3) % 4]];
    const [here, there] = [places[i % 5], places[(i + 1 + i % 4) % 5]];
    const context = `${i % 2 === 0 ? '😀' : 'e\u0301'} ${who} lives in ${here} today ! ${other} went to ${there} .`;
    if (i % 5 === 4) return { question: 'Where is Li ?', context, answers: [] };
    const [asked, text] = i % 2 === 0 ? [who, here] : [other, there];
    return { question: `Where is ${asked} ?`, context, answers: [{ text, start: context.indexOf(text) }] };
  });
}

/** As the program's files have it: starts count code points. */
function row({ question, context, answers }) {
  const points = (unit) => [...context.slice(0, unit)].length;
  return { question, context, ...(answers && { answers: answers.map(({ text, start }) => ({ text, start: points(start) })) }) };
}

const TASK = {
  create: { task: 'question-answering' },
  call: 'answer',
  examples: questions(40),
  // Contexts need two windows of so many tokens.
  options: { epochs: 5, batchSize: 8, lr: 0.01, dropout: 0.1, maxLength: 24 },
  inputs: [
    ...questions(8).map(({ question, context }) => ({ question, context })),
    { question: 'Where is Zoë ?', context: `👩‍👩‍👧 Zoë lives in Oslo . ${'Ada went to Rome ! 漢字 '.repeat(40)}Bob lives in New York .` },
    { question: 'Where is half of it ?', context: '\ud83d Eva lives in Rome' }, { question: '', context: 'Lima' },
    { question: 'Where is nothing ?', context: '' },
  ],
  asked: { topK: 3 },
  predict: ['--top-k', '3'],
  row,
  metric: 'f1',
};

export const checks = {
  async 'questions: training and answers, as native'(on) {
    const check = ({ answers, validation, info }, lines, native) => {
      if (!(validation.f1 > 0.3)) throw new Error(`F1 ${validation.f1}`);
      equal('measured', Object.keys(validation).sort(), ['best', 'exactMatch', 'f1', 'hasAnswerExact', 'hasAnswerF1', 'loss', 'noAnswerExact', 'predictions']);
      compare('thresholds', [info.thresholds], [native.found.thresholds], 1e-3);
      lines.forEach((line, i) => {
        const { context } = TASK.inputs[i];
        const { answer, answers: all, noAnswer } = answers[i];
        equal('answer', answer?.text ?? null, line.answer);
        for (const { text, start, end } of all) equal('place', context.toWellFormed().slice(start, end), text);
        const scores = (spans) => [...spans.map(({ score }) => score)];
        compare('scores', [[...scores(all), noAnswer]], [[...scores(line.answers), line.no_answer]], 1e-4);
      });
      const kinds = [answers.some(({ answer }) => answer === null), answers.some(({ answer }) => answer !== null)];
      equal('with and without answer', kinds, [true, true]);
    };
    return asNative(on, { ...TASK, check });
  },

  async 'questions: a killed page goes on with its run'(on) {
    await goesOn(on, TASK);
  },

  async 'questions: wrong use has codes'({ page, server }) {
    await ready(page, server);
    const at = (...answers) => [{ question: 'q', context: '😀 Ada', answers }];
    const found = await refusals(page, {
      create: TASK.create,
      examples: {
        'a labelled text': [{ text: 'x', label: 'ham' }], 'no answers': [{ question: 'q', context: 'c' }], 'no context': [{ question: 'q', answers: [] }],
        'half an emoji': at({ text: 'Ada', start: 1 }), 'another place': at({ text: 'Ada', start: 2 }), 'beyond the end': at({ text: 'Ada', start: 9 }),
        'not there': at({ text: 'Eve', start: 3 }), 'an empty answer': at({ text: '', start: 3 }), 'no start': at({ text: 'Ada' }), 'none': [],
        'all is well': at({ text: 'Ada', start: 3 }), 'no answer is well': at(),
      },
      options: { 'windows': [at(), { longTexts: 'windows' }], 'thresholds': [at(), { chooseThresholds: 'one' }] },
      calls: {
        'a text': ['answer', ['x']], 'no list': ['answer', { question: 'q', context: 'c' }], 'no question': ['answer', [{ context: 'c' }]],
        'none best': ['answer', [{ question: 'q', context: 'c' }], { topK: 0 }], 'an unknown option': ['answer', [{ question: 'q', context: 'c' }], { longTexts: 'first' }],
        'a threshold of 2': ['answer', [{ question: 'q', context: 'c' }], { threshold: 2 }], 'classify': ['classify', ['x']],
        'tag': ['tag', ['x']], 'score': ['score', ['x']], 'well asked': ['answer', [{ question: 'q', context: 'c' }]],
      },
    });
    const [wrong, examples, option, well] = ['wrong-task', 'bad-examples', 'bad-option', 'nothing was thrown'];
    equal('codes', found, {
      'loaded for this task': wrong, 'a labelled text': examples, 'no answers': examples, 'no context': examples, 'half an emoji': examples,
      'another place': examples, 'beyond the end': examples, 'not there': examples, 'an empty answer': examples, 'no start': examples,
      'none': examples, 'all is well': well, 'no answer is well': well, 'windows': option, 'thresholds': option, 'a text': option,
      'no list': option, 'no question': option, 'none best': option, 'an unknown option': option, 'a threshold of 2': option,
      'classify': wrong, 'tag': wrong, 'score': wrong, 'well asked': well, 'of another task': wrong,
    });
    const said = await page.evaluate(async (rows) => {
      const adapter = await window.backbone.createAdapter({ task: 'question-answering' });
      const labels = await window.failure(() => window.backbone.createAdapter({ task: 'question-answering', labels: ['a', 'b'] }));
      const message = await adapter.train([rows, rows].flat()).next().catch((error) => error.message);
      // Nothing is chosen, so there is always an answer; with the least threshold there hardly is one.
      const [[always], [never]] = [await adapter.answer([rows[0]]), await adapter.answer([rows[0]], { threshold: 0 })];
      return { labels, message, own: adapter.labels, always: [always.answer !== null, always.noAnswer], never: [never.answer, never.answers.length, never.noAnswer > 0] };
    }, at({ text: 'Ada', start: 2 }));
    equal('labels', [said.labels, said.own], [option, ['start', 'end']]);
    equal('message', said.message, 'example 0 (counted from 0) has the answer "Ada", which does not stand at 2 but at 3 (UTF-16 units, from 0)');
    equal('thresholds', [said.always, said.never], [[true, null], [null, 1, true]]);
    return `${Object.keys(found).length} cases`;
  },
};
