// Two texts that belong together, with one label: training and answers, against the native program; wrong use.
import { compare, equal } from './native.mjs';
import { ready } from './runs.mjs';
import { asNative } from './tasks.mjs';

const LABELS = ['same', 'other'];

/** A text and its pair, which says the same or does not. */
function pairs(count) {
  const words = ['Zoë laughs', 'Ada runs', 'Bob shouts', '😀 !'];
  return Array.from({ length: count }, (_, i) => {
    const same = i % 2 === 0;
    return { text: `${words[i % 4]} in Rome`, textPair: words[(i + (same ? 0 : 1 + i % 3)) % 4], label: same ? 'same' : 'other' };
  });
}

/** As the program's files have it. */
const row = ({ textPair, ...rest }) => ({ ...rest, text_pair: textPair });

export const checks = {
  async 'pairs: training and answers, as native'(on) {
    const inputs = [...pairs(8).map(({ text, textPair }) => ({ text, textPair })), { text: 'Ada '.repeat(300), textPair: 'Bob '.repeat(300) }, { text: '', textPair: '' }];
    const check = ({ answers }, lines) => lines.forEach((line, i) => {
      const { label, scores, logits } = answers[i];
      equal('label', label, line.label);
      const numbers = (of) => LABELS.map((name) => of[name]);
      compare('scores', [numbers(scores), logits], [numbers(line.scores), line.logits], 1e-4);
    });
    return asNative(on, {
      create: { task: 'text-classification', labels: LABELS }, call: 'classify', examples: pairs(48), inputs, row, check,
      options: { epochs: 4, batchSize: 8, lr: 0.01, dropout: 0.1 }, metric: 'accuracy', words: ['--recipe', 'standard'],
    });
  },

  async 'pairs: few examples, rows of files, and what takes none'({ page, server }) {
    await ready(page, server);
    const found = await page.evaluate(async ({ examples, rows }) => {
      const { backbone, failure } = window;
      const learn = async (examples) => {
        const { adapter, training } = await backbone.fewShot(examples, { maxSteps: 2 });
        for await (const step of training) void step;
        return window.digest(adapter);
      };
      const probe = await backbone.probe();
      const adapter = await backbone.createAdapter({ labels: ['same', 'other'] });
      const [pair, single, written] = [await adapter.classify([{ text: 'a', textPair: 'b' }]), await adapter.classify([{ text: 'a' }, 'a']), await adapter.classify([{ text: 'a', text_pair: 'b' }])];
      const tagger = await backbone.createAdapter({ task: 'token-classification', entityTypes: ['x'] });
      return {
        digests: [await learn(examples), await learn(rows), await learn(examples.map(({ text, label }) => ({ text, label })))],
        logits: [pair[0].logits, written[0].logits, single[0].logits, single[1].logits],
        codes: [
          await failure(() => probe.add(examples)), await failure(() => adapter.classify([{ text: 'a', textPair: 1 }])),
          await failure(() => adapter.classify([['a', 'b']])), await failure(() => adapter.classify([{ text: 'a', textPair: 'b' }], { longTexts: 'ends' })),
          await failure(() => tagger.tag([{ text: 'a', textPair: 'b' }])), await failure(() => backbone.embed([{ text: 'a', textPair: 'b' }])),
        ],
      };
    }, { examples: pairs(16), rows: pairs(16).map(row) });
    const [digest, ofRows, ofTexts] = found.digests;
    equal('learned', [ofRows === digest, ofTexts === digest], [true, false]);
    const [pair, written, single, text] = found.logits.map(String);
    equal('read', [written === pair, single === text, single === pair], [true, true, false]);
    equal('codes', found.codes, ['bad-examples', ...Array(5).fill('bad-option')]);
  },
};
