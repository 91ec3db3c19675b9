// Numbers of texts and pairs in the page, and how similar two texts are, against the native program; wrong use.
import { ask, compare, equal } from './native.mjs';
import { ready } from './runs.mjs';
import { WAYS, asNative, goesOn, refusals } from './tasks.mjs';

/** Pairs that have words in common, and how many; every third example is a single text. */
function pairs(count) {
  const words = ['Zoë', 'Ada', 'Bob', 'Rome', 'Oslo', 'Cairo'];
  return Array.from({ length: count }, (_, i) => {
    const some = (mask) => `😀 ${words.filter((_, at) => (mask >> at) % 2 === 1).join(' ')} !`;
    const [a, b] = [i * 37 % 64, i * 11 % 64];
    const common = words.filter((_, at) => ((a & b) >> at) % 2 === 1).length;
    return i % 3 === 0 ? { text: some(a), score: common } : { text: some(a), textPair: some(b), score: common + 0.5 };
  });
}

/** As the program's files have it. */
const row = ({ textPair, ...rest }) => ({ ...rest, ...(textPair !== undefined && { text_pair: textPair }) });

const TASK = {
  create: { task: 'regression' },
  call: 'score',
  examples: pairs(48),
  options: { epochs: 6, batchSize: 8, lr: 0.01, dropout: 0.1 },
  inputs: [...pairs(9).map(({ text, textPair }) => ({ text, textPair })), { text: 'Bob '.repeat(300), textPair: 'Ada' }, { text: '' }],
  row,
  metric: 'pearson',
};

const TWO = [['Ada lives in Rome', 'Bob lives in Oslo'], ['😀 Zoë', '😀 Zoë'], ['', 'Rome'], ['Bob '.repeat(300), 'Bob']];

export const checks = {
  async 'scores: training and numbers, as native'(on) {
    const check = ({ answers, validation }, lines) => {
      equal('measured', Object.keys(validation).sort(), ['best', 'loss', 'mae', 'mse', 'pearson', 'predictions', 'spearmanr']);
      compare('scores', answers.map(({ score }) => [score]), lines.map(({ score }) => [score]), 1e-3);
    };
    return asNative(on, { ...TASK, check });
  },

  async 'scores: a killed page goes on with its run'(on) {
    await goesOn(on, TASK);
  },

  async 'scores: similarity of two texts, as native'({ page, server, program }) {
    const notes = [];
    for (const way of WAYS) {
      await ready(page, server, way);
      const found = await page.evaluate(async (two) => {
        const adapter = await window.create();
        const source = async function* () { yield* two; };
        const all = async (answers) => {
          const list = [];
          for await (const answer of answers) list.push(answer);
          return list;
        };
        const [bare, own] = [await window.backbone.similarity(two), await adapter.similarity(two, { maxLength: 16 })];
        const streamed = [await all(window.backbone.similarity(source())), await all(adapter.similarity(source(), { maxLength: 16 }))];
        const codes = [];
        for (const [pairs, options] of [[['a']], [[['a', 'b', 'c']]], [[['a', 1]]], ['a'], [two, { pooling: 'cls' }], [two, { maxLength: 1 }]]) {
          codes.push(await window.failure(() => window.backbone.similarity(pairs, options)));
        }
        const file = [...new Uint8Array(await (await adapter.export()).arrayBuffer())];
        return { bare, own, streamed, codes, none: await window.backbone.similarity([]), file };
      }, TWO);
      const rows = TWO.map(([text, text_pair]) => JSON.stringify({ text, text_pair }));
      const words = ['embed', '--similarity', '--format', 'jsonl'];
      const lines = [await ask(program, words, rows), await ask(program, [...words, '--max-length', '16'], rows, found.file)];
      const column = (all) => all.map((value) => [value]);
      const native = lines.map((all) => column(all.map(({ similarity }) => similarity)));
      const worst = [compare('bare', column(found.bare), native[0], 1e-5), compare('adapter', column(found.own), native[1], 1e-5)];
      equal('of a source', found.streamed, [found.bare, found.own]);
      equal('codes', [found.codes, found.none], [Array(6).fill('bad-option'), []]);
      notes.push(`${way.device} ${Math.max(...worst).toExponential(1)}`);
      await page.reload();
    }
    return `largest difference: ${notes.join(', ')}`;
  },

  async 'scores: wrong use has codes'({ page, server }) {
    await ready(page, server);
    const found = await refusals(page, {
      create: TASK.create,
      examples: {
        'a label': [{ text: 'x', label: 'ham' }], 'no number': [{ text: 'x', score: '1' }], 'not a number': [{ text: 'x', score: NaN }],
        'too large': [{ text: 'x', score: 1e99 }], 'no text': [{ score: 1 }], 'half a pair': [{ textPair: 'x', score: 1 }],
        'all is well': [{ text: 'x', score: 1 }, { text: 'x', textPair: 'y', score: -2.5 }],
      },
      options: { 'thresholds': [[{ text: 'x', score: 1 }, { text: 'x', score: 2 }], { chooseThresholds: 'one', validation: 0.5 }] },
      calls: { 'a threshold': ['score', ['x'], { threshold: 0.5 }], 'no list': ['score', 'x'], 'classify': ['classify', ['x']], 'score': ['score', ['x']] },
    });
    const [wrong, examples, option, well] = ['wrong-task', 'bad-examples', 'bad-option', 'nothing was thrown'];
    equal('codes', found, {
      'loaded for this task': wrong, 'a label': examples, 'no number': examples, 'not a number': examples, 'too large': examples,
      'no text': examples, 'half a pair': examples, 'all is well': well, 'thresholds': option, 'a threshold': option, 'no list': option,
      'classify': wrong, 'score': well, 'of another task': wrong,
    });
    return `${Object.keys(found).length} cases`;
  },
};
