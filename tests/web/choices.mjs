// Choices in the page: training, answers, interrupted runs, wrong use; against the native program.
import { compare, equal } from './native.mjs';
import { ready } from './runs.mjs';
import { asNative, goesOn, refusals } from './tasks.mjs';

const CREATE = { task: 'multiple-choice', choices: 4 };
const OPTIONS = { epochs: 6, batchSize: 8, lr: 0.01, dropout: 0.1, maxLength: 32 };

/** Two to four choices, of which the right one speaks of what the prompt asks for. */
function prompts(count) {
  const [things, ways] = [['phone', 'train', 'money', 'music'], ['call', 'ride', 'pay', 'listen']];
  return Array.from({ length: count }, (_, i) => {
    const [asked, size] = [i * 3 % 4, 2 + i % 3];
    const label = Math.floor(i / 3) % size;
    const choices = Array.from({ length: size }, (_, place) => `we ${ways[(asked + (place + size - label) % size) % 4]} today`);
    return { prompt: `what do you do with your ${things[asked]} ?`, choices, label };
  });
}

/** As the program reads it. */
const row = ({ prompt, choices, label }) => ({ question: prompt, choices, label });

/** More choices than there ever were, and a prompt that is too long, too. */
const INPUTS = [...prompts(5), { prompt: 'Zoë 😀', choices: ['a', 'b', 'c', 'd', 'e', 'f'] }, { prompt: 'so '.repeat(90), choices: ['yes', 'no'] }];

export const checks = {
  async 'choices: training and answers, as native'(on) {
    const examples = prompts(60);
    const check = ({ answers, validation, info }, lines) => {
      equal('labels', info.labels, ['0', '1', '2', '3']);
      const right = validation.predictions.filter((place, i) => place === examples[i].label).length;
      equal('right ones', right / examples.length, validation.accuracy);
      if (!(validation.accuracy > 0.6)) throw new Error(`accuracy ${validation.accuracy}`);
      answers.forEach(({ choice, index, scores, logits }, i) => {
        equal('choice', [choice, index, INPUTS[i].choices[index]], [lines[i].choice, lines[i].index, choice]);
        compare('scores', [scores, logits], [lines[i].scores, lines[i].logits], 1e-3);
      });
      if (!answers.some((answer) => answer.warnings.length > 0)) throw new Error('nothing was too long');
    };
    return asNative(on, { create: CREATE, call: 'choose', examples, options: OPTIONS, inputs: INPUTS, row, check, metric: 'accuracy' });
  },

  async 'choices: a killed page goes on with its run'(on) {
    await goesOn(on, { create: CREATE, call: 'choose', examples: prompts(32), options: OPTIONS, inputs: INPUTS });
  },

  async 'choices: wrong use has codes'({ page, server }) {
    await ready(page, server);
    const good = { prompt: 'p', choices: ['a', 'b'], label: 1 };
    const bad = (change) => [good, { ...good, ...change }];
    const examples = {
      'no label': bad({ label: undefined }), 'a label beyond': bad({ label: 2 }), 'a label that is none': bad({ label: 'b' }),
      'one choice to learn from': bad({ choices: ['a'], label: 0 }), 'a prompt that is none': bad({ prompt: 1 }),
      'more than it was made for': bad({ choices: ['a', 'b', 'c'] }), 'texts': [{ text: 'x', label: 'ham' }], 'all is well': [good],
    };
    const calls = {
      'classify by a chooser': ['classify', ['x']], 'no prompts': ['choose', good], 'a text': ['choose', ['x']],
      'no choices': ['choose', bad({ choices: [] })], 'choices that are none': ['choose', bad({ choices: ['a', 1] })],
      'no prompt': ['choose', bad({ prompt: undefined })], 'an unknown option': ['choose', [good], { topK: 1 }],
      'windows': ['choose', [good], { longTexts: 'windows' }], 'a prompt': ['choose', [good]],
    };
    const found = await refusals(page, { create: { task: 'multiple-choice' }, examples, calls });
    const [wrong, unusable, option] = ['wrong-task', 'bad-examples', 'bad-option'];
    equal('codes', found, {
      'loaded for this task': wrong, 'no label': unusable, 'a label beyond': unusable, 'a label that is none': unusable,
      'one choice to learn from': unusable, 'a prompt that is none': unusable, 'more than it was made for': unusable, 'texts': unusable,
      'all is well': 'nothing was thrown', 'classify by a chooser': wrong, 'no prompts': option, 'a text': option, 'no choices': option,
      'choices that are none': option, 'no prompt': option, 'an unknown option': option, 'windows': option,
      'a prompt': 'nothing was thrown', 'of another task': wrong,
    });
    const made = await page.evaluate(async (good) => {
      const { backbone, failure } = window;
      const task = 'multiple-choice';
      const create = (options) => failure(() => backbone.createAdapter(options));
      const chooser = await backbone.createAdapter({ task, choices: 3 });
      let said = '';
      try {
        for await (const step of chooser.train([good, { ...good, choices: ['a', 'b', 'c', 'd'] }])) void step;
      } catch ({ message }) {
        said = message;
      }
      return {
        codes: [
          await create({ task, labels: ['a', 'b'] }), await create({ task, choices: 1 }), await create({ task, choices: 65 }),
          await create({ labels: ['a', 'b'], choices: 2 }), await failure(async () => backbone.fewShot([good])),
        ],
        said, one: (await chooser.choose([{ prompt: 'p', choices: ['a'] }]))[0].scores,
      };
    }, good);
    equal('new ones', made.codes, [option, option, option, option, unusable]);
    equal('said', made.said, 'example 1 (counted from 0) has 4 choices, but the adapter was made for 2 to 3');
    equal('one alone', made.one, [1]);
    return `${Object.keys(found).length + made.codes.length} cases`;
  },
};
