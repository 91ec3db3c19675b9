// Masked words in the page: pre-training on texts alone, masks filled, what comes after; against the native program and
// transformers' pipeline.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messages, weightsWithOwnHead } from './golden.mjs';
import { ask, compare, equal, tinyBert, train } from './native.mjs';
import { ready } from './runs.mjs';
import { root } from './server.mjs';
import { WAYS, goesOn } from './tasks.mjs';

const OPTIONS = { epochs: 3, batchTokens: 512, maxLength: 48, lr: 0.01, dropout: 0.1, wholeWord: true, maskRate: 0.2 };
const NATIVE = ['--epochs', 3, '--batch-tokens', 512, '--max-length', 48, '--lr', 0.01, '--dropout', 0.1, '--whole-word',
  '--mask-rate', 0.2];
const LABELS = ['ham', 'spam'];
/** One mask, several, letters of one to four bytes before them, none that is not read. */
const TEXTS = ['free [MASK] phone', '[MASK] you [MASK] at noon', '😀 Zoë e\u0301 漢字 [MASK]!', `[MASK]${' so'.repeat(100)}`];

const texts = async (count) => (await messages(count)).map((row) => row.text);

/** Runs in the page: a new adapter learns words, fills masks, and goes on with labels. */
async function learn({ examples, dev, options, texts, labelled, second }) {
  const { backbone } = window;
  const follow = async (training) => {
    const steps = [];
    let validation;
    for await (const progress of training) {
      if (progress.validation === undefined) steps.push([progress.loss]);
      validation = progress.validation ?? validation;
    }
    return { steps, validation };
  };
  const words = await backbone.createAdapter({ task: 'fill-mask', name: 'words' });
  const first = await follow(words.train(examples, { ...options, validation: dev }));
  const answers = await words.fillMask(texts, { topK: 3 });
  const blob = await words.export();
  const again = await (await backbone.loadAdapter(blob, { task: 'fill-mask' })).fillMask(texts, { topK: 3 });
  const next = await backbone.createAdapter({ labels: ['ham', 'spam'], from: words });
  const { steps, validation } = await follow(next.train(labelled, { ...second, validation: labelled }));
  const { task, labels, metrics, training } = words.info;
  const streamed = [];
  for await (const answer of words.fillMask((async function* () { yield* texts; })(), { topK: 3 })) streamed.push(answer);
  return {
    ...first, answers, again, streamed, about: [task, labels, words.task, next.task, next.info.name, backbone.info.mask],
    metrics: Object.keys(metrics.dev), batchTokens: training.batch_tokens, phase2: { steps, accuracy: validation.accuracy },
    file: [...new Uint8Array(await blob.arrayBuffer())],
  };
}

export const checks = {
  async 'words: pre-training, masks and the task after it, as native'({ page, server, program }) {
    const all = await texts(160);
    const [examples, dev] = [all.slice(0, 120), all.slice(120)];
    const labelled = await messages(32);
    const second = { epochs: 2, batchSize: 8, lr: 0.01 };
    const rows = (some) => some.map((text) => ({ text }));
    const native = await train(program, rows(examples), [...NATIVE, '--dev', 'EXAMPLES'], { command: 'pretrain' });
    const notes = [];
    for (const way of WAYS) {
      await ready(page, server, way);
      // Half of them as strings: both are texts.
      const mixed = rows(examples).map((row, i) => (i % 2 === 0 ? row : row.text));
      const found = await page.evaluate(learn, { examples: mixed, dev: examples, options: OPTIONS, texts: TEXTS, labelled, second });
      equal('what it is', found.about, ['fill-mask', [], 'fill-mask', 'text-classification', 'words', '[MASK]']);
      const worst = compare('losses', found.steps, native.steps.map((step) => [step.loss]), 1e-3);
      const { maskedAccuracy, perplexity, loss, predictions } = found.validation;
      const expected = native.found.dev;
      compare('last evaluation', [[maskedAccuracy, Math.log(perplexity), loss]],
        [[expected.masked_accuracy, Math.log(expected.perplexity), expected.loss]], 0.01);
      const sum = (key) => predictions.reduce((all, one) => all + one[key], 0);
      compare('of all sequences', [[sum('right') / sum('of')]], [[maskedAccuracy]], 1e-9);
      equal('the file says', [found.metrics, found.batchTokens], [['masked_accuracy', 'loss'], 512]);
      equal('again', [found.again, found.streamed], [found.answers, found.answers]);

      const lines = await ask(program, ['predict', '--top-k', '3'], TEXTS, found.file);
      lines.forEach((line, i) => {
        const at = ({ start, end }) => TEXTS[i].slice(start, end);
        const { masks, warnings } = found.answers[i];
        const fill = ({ token, tokenStr, token_str: text = tokenStr, sequence }) => [token, text, sequence];
        equal('masks', masks.map((mask) => [at(mask), mask.fills.map(fill)]), line.masks.map((mask) => ['[MASK]', mask.fills.map(fill)]));
        equal('warnings', warnings.map((w) => w.type), (line.warnings ?? []).map((w) => w.type));
        compare('scores', masks.map((mask) => mask.fills.map((f) => f.score)), line.masks.map((mask) => mask.fills.map((f) => f.score)), 1e-4);
      });
      if (!found.answers.some((answer) => answer.warnings.length > 0)) throw new Error('nothing was too long');

      // The program goes on with the page's file: with more texts, and with labels as the page does.
      const { epochs, batchSize, lr } = second;
      const init = ['--init', 'ADAPTER', '--dev', 'EXAMPLES', '--epochs', epochs, '--batch-size', batchSize, '--lr', lr];
      const more = await train(program, rows(dev), [...init, '--max-length', 48], { command: 'pretrain', adapter: found.file });
      equal('goes on', more.found.task, 'fill-mask');
      const task = ['--task', 'text-classification', '--recipe', 'standard', '--labels', LABELS.join(','), ...init];
      const phase2 = await train(program, labelled, task, { adapter: found.file });
      const second2 = compare('losses of phase 2', found.phase2.steps, phase2.steps.map((step) => [step.loss]), 1e-3);
      compare('accuracy of phase 2', [[found.phase2.accuracy]], [[phase2.found.dev.accuracy]], 0.05);
      notes.push(`${way.device} ${worst.toExponential(1)}, then ${second2.toExponential(1)}`);
      await page.reload();
    }
    const losses = native.steps.map((step) => step.loss);
    if (!(losses.at(-1) < losses[0] - 0.3)) throw new Error(`the loss does not fall: ${losses}`);
    return `${losses.length} steps, loss ${losses[0].toFixed(2)} to ${losses.at(-1).toFixed(2)}; largest difference: ${notes.join('; ')}`;
  },

  async "words: a backbone's own head fills masks as transformers' pipeline"({ page, server }) {
    const { bert } = JSON.parse(await readFile(join(root, 'tests/golden/tiny-words/fills.json'), 'utf8'));
    server.shelf.put('words/model.safetensors', await weightsWithOwnHead());
    for (const name of ['config.json', 'tokenizer.json']) server.shelf.put(`words/${name}`, await readFile(join(tinyBert, name)));
    for (const device of ['cpu', 'gpu']) {
      const found = await page.evaluate(async ({ device, texts }) => {
        const backbone = await window.graftwork.Backbone.load('/shelf/words', { device });
        const own = await backbone.createAdapter({ task: 'fill-mask', method: { leaveOut: [0, 1] } });
        return own.fillMask(texts, { topK: 3 });
      }, { device, texts: bert.map((entry) => entry.text) });
      const plain = ({ token, tokenStr, token_str: text = tokenStr, sequence }) => [token, text, sequence];
      bert.forEach(({ masks }, i) => {
        equal('fills', found[i].masks.map((mask) => mask.fills.map(plain)), masks.map((fills) => fills.map(plain)));
        const scores = (fills) => fills.map((fill) => fill.score);
        compare('scores', found[i].masks.map((mask) => scores(mask.fills)), masks.map(scores), 1e-5);
      });
      await page.reload();
      await page.waitForFunction(() => window.ready);
    }
    return `${bert.length} texts`;
  },

  async 'words: a killed page goes on with its run'(on) {
    const options = { ...OPTIONS, batchTokens: 96 };
    await goesOn(on, { create: { task: 'fill-mask' }, call: 'fillMask', examples: await texts(12), options, inputs: TEXTS });
  },

  async 'words: wrong use has codes'({ page, server }) {
    await ready(page, server);
    const found = await page.evaluate(async () => {
      const { backbone, failure } = window;
      const task = 'fill-mask';
      const words = await backbone.createAdapter({ task });
      const texts = await backbone.createAdapter({ labels: ['ham', 'spam'] });
      const message = async (work) => {
        try {
          await work();
          return 'nothing was thrown';
        } catch (error) {
          return `${error.code}: ${error.message}`;
        }
      };
      const train = (examples, options) => failure(async () => {
        for await (const step of words.train(examples, { maxSteps: 1, ...options })) void step;
      });
      const many = [...Array.from({ length: 200 }, () => `${'word '.repeat(40)}[MASK]`), 'none'];
      const source = async function* () { yield* many; };
      const all = async (answers) => { for await (const answer of answers) void answer; };
      const batches = async (options) => {
        const adapter = await backbone.createAdapter({ task });
        let steps = 0;
        for await (const { totalSteps } of adapter.train(Array(64).fill('a b c'), { epochs: 1, maxLength: 5, ...options })) steps = totalSteps;
        return steps;
      };
      const other = await window.graftwork.Backbone.load('/golden/tiny-bert', { device: 'cpu' });
      return {
        codes: {
          'fill by a classifier': await failure(() => texts.fillMask(['x'])),
          'classify by words': await failure(() => words.classify(['x'])),
          'no texts': await failure(() => words.fillMask('x')),
          'a text that is none': await failure(() => words.fillMask([{ text: 'x' }])),
          'an unknown option': await failure(() => words.fillMask(['[MASK]'], { threshold: 1 })),
          'windows': await failure(() => words.fillMask(['[MASK]'], { longTexts: 'windows' })),
          'labels': await failure(() => backbone.createAdapter({ task, labels: ['a', 'b'] })),
          'from and a method': await failure(() => backbone.createAdapter({ task, from: words, method: {} })),
          'from another backbone': await failure(() => other.createAdapter({ labels: ['a', 'b'], from: words })),
          'nothing to learn': await train(['', ' ']),
          'no examples': await train([]),
          'an example that is none': await train(['a', 7]),
          'an example without a text': await train([{ label: 'a' }]),
          'too large a share': await train(['a b c'], { maskRate: 2 }),
          'shares beyond all': await train(['a b c'], { maskRandom: 0.7, maskKept: 0.7 }),
          'all is well': await train(['a b c', { text: 'd e f' }]),
        },
        messages: [await message(() => words.fillMask(many)), await message(() => all(words.fillMask(source())))],
        example: await message(async () => { for await (const step of words.train(['a', { text: 3 }])) void step; }),
        none: await words.fillMask([]),
        steps: [await batches({ batchSize: 8 }), await batches({ batchTokens: 40 }), await batches({})],
      };
    });
    const [wrong, examples, option] = ['wrong-task', 'bad-examples', 'bad-option'];
    equal('codes', found.codes, {
      'fill by a classifier': wrong, 'classify by words': wrong, 'no texts': option, 'a text that is none': option,
      'an unknown option': option, 'windows': option, 'labels': option, 'from and a method': option,
      'from another backbone': 'wrong-backbone', 'nothing to learn': examples, 'no examples': examples,
      'an example that is none': examples, 'an example without a text': examples, 'too large a share': option,
      'shares beyond all': option, 'all is well': 'nothing was thrown',
    });
    // Wherever the parts were cut that go to the engine together.
    const none = 'bad-option: text 200 (counted from 0) has no [MASK]: write [MASK] where a word is to be said';
    equal('messages', found.messages, [none, none]);
    equal('an example', found.example, 'bad-examples: example 1 (counted from 0) has no usable `text`');
    equal('no texts', found.none, []);
    // Sequences of five tokens: eight a batch, by number or by tokens, or all in one of 2048.
    equal('steps', found.steps, [8, 8, 1]);
    return `${Object.keys(found.codes).length} cases`;
  },
};
