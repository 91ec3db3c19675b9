// Texts with several labels in the page: training, thresholds, against the native program; wrong use.
import { compare, equal } from './native.mjs';
import { ready } from './runs.mjs';
import { asNative, goesOn, refusals } from './tasks.mjs';

const LABELS = ['joy', 'fear', 'rage'];

/** Texts that name what they are about: none of it, some, or all. */
function texts(count) {
  return Array.from({ length: count }, (_, i) => {
    const labels = LABELS.filter((_, at) => (i >> at) % 2 === 1);
    const text = ['😀 today', ...labels.map((label) => ({ joy: 'Zoë laughs', fear: 'Bob runs', rage: 'Ada shouts' })[label])].join(' , ');
    return i % 3 === 0 ? { text, textPair: 'in Rome !', labels } : { text: `${text} in Rome !`, labels };
  });
}

/** As the program's files have it. */
const row = ({ textPair, ...rest }) => ({ ...rest, ...(textPair !== undefined && { text_pair: textPair }) });

const TASK = {
  create: { task: 'multi-label-classification', labels: LABELS },
  call: 'classify',
  examples: texts(48),
  options: { epochs: 8, batchSize: 8, lr: 0.01, dropout: 0.1 },
  inputs: [...texts(8).map(({ text, textPair }) => ({ text, textPair })), { text: 'Ada shouts '.repeat(200) }, { text: '' }],
  row,
  metric: 'f1_micro',
};

function check({ answers, info }, lines, native) {
  equal('labels', info.labels, LABELS);
  compare('thresholds', [info.thresholds], [native.found.thresholds ?? []], 1e-3);
  lines.forEach((line, i) => {
    const { labels, scores, logits } = answers[i];
    equal('labels', labels, line.labels);
    const numbers = (of) => LABELS.map((label) => of[label]);
    compare('scores', [numbers(scores), logits], [numbers(line.scores), line.logits], 1e-4);
  });
}

export const checks = {
  async 'several labels: training and thresholds, as native'(on) {
    const notes = [await asNative(on, { ...TASK, check })];
    for (const how of ['one', 'per-label']) {
      const options = { ...TASK.options, epochs: 2, chooseThresholds: how };
      const chosen = (found, lines, native) => {
        equal('how many', found.info.thresholds.length, how === 'one' ? 1 : LABELS.length);
        compare('measured', [[found.info.metrics.dev.f1_micro]], [[native.found.dev.f1_micro]], 0.02);
        check(found, lines, native);
      };
      notes.push(await asNative(on, { ...TASK, options, words: ['--choose-thresholds', how], check: chosen }));
    }
    return notes[0];
  },

  async 'several labels: a killed page goes on with its run'(on) {
    await goesOn(on, { ...TASK, options: { ...TASK.options, chooseThresholds: 'one' } });
  },

  async 'several labels: wrong use has codes'({ page, server }) {
    await ready(page, server);
    const found = await refusals(page, {
      create: TASK.create,
      examples: {
        'one label': [{ text: 'x', label: 'joy' }], 'no list': [{ text: 'x', labels: 'joy' }], 'an unknown label': [{ text: 'x', labels: ['sad'] }],
        'no text': [{ labels: [] }], 'a number': [{ text: 'x', textPair: 1, labels: [] }],
        'all is well': [{ text: 'x', labels: ['joy', 'joy', 'fear'] }, { text: 'x', textPair: null, labels: [] }],
      },
      options: {
        'nothing to choose on': [[{ text: 'x', labels: [] }], { chooseThresholds: 'one' }],
        'an unknown choice': [[{ text: 'x', labels: [] }], { chooseThresholds: 'best', validation: 0.5 }],
      },
      calls: {
        'a threshold of 2': ['classify', ['x'], { threshold: 2 }], 'a pair of numbers': ['classify', [{ text: 'x', textPair: 1 }]],
        'no text to read': ['classify', [{ textPair: 'x' }]], 'windows of pairs': ['classify', [{ text: 'x', textPair: 'y' }], { longTexts: 'windows' }],
        'score': ['score', ['x']], 'answer': ['answer', [{ question: 'q', context: 'c' }]],
      },
    });
    const [wrong, examples, option] = ['wrong-task', 'bad-examples', 'bad-option'];
    equal('codes', found, {
      'loaded for this task': wrong, 'one label': examples, 'no list': examples, 'an unknown label': examples, 'no text': examples,
      'a number': examples, 'all is well': 'nothing was thrown', 'nothing to choose on': option, 'an unknown choice': option,
      'a threshold of 2': option, 'a pair of numbers': option, 'no text to read': option, 'windows of pairs': option,
      'score': wrong, 'answer': wrong, 'of another task': wrong,
    });
    const some = await page.evaluate(async () => {
      const adapter = await window.backbone.createAdapter({ task: 'multi-label-classification', labels: ['a', 'b', 'c'] });
      const [[all], [none], [two]] = [await adapter.classify(['x'], { threshold: 0 }), await adapter.classify(['x'], { threshold: 1 }), await adapter.classify(['x'], { topK: 2 })];
      const best = Object.entries(all.scores).sort((a, b) => b[1] - a[1]).map(([label]) => label);
      const lone = await window.failure(() => window.backbone.createAdapter({ task: 'multi-label-classification', labels: ['a'] }));
      return [all.labels.join() === best.join(), none.labels, Object.keys(two.scores).join() === best.slice(0, 2).join(), two.logits.length, lone];
    });
    equal('thresholds and the best two', some, [true, [], true, 3, 'nothing was thrown']);
    return `${Object.keys(found).length} cases`;
  },
};
