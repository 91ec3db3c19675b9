// What the page computes, against PyTorch and the native program.
import { goldenCurve, goldenLogits, messages } from './golden.mjs';
import { join } from 'node:path';
import { ask, compare, equal } from './native.mjs';
import { root } from './server.mjs';

const CASE = 'tests/golden/tiny-cases/double_seq_bn-flex';
const WAYS = [{ device: 'gpu' }, { device: 'cpu' }, { device: 'cpu', worker: false }, { device: 'gpu', worker: false }];
const name = ({ device, worker }) => (worker === false ? `${device} without a worker` : device);

export const checks = {
  async 'what runs here'({ page }) {
    const found = await page.evaluate(() => window.graftwork.isSupported());
    equal('support', [found.supported, found.device, found.cache], [true, 'cpu', true]);
    if (!/swiftshader/i.test(found.gpu) || !/software/.test(found.reason)) throw new Error(JSON.stringify(found));
    return found.reason;
  },

  async 'classify and embed'({ page, program }) {
    const golden = await goldenLogits();
    const texts = [...golden.map((row) => row.text), ...(await messages(12)).map((row) => row.text)];
    const native = await ask(program, ['predict'], texts, join(root, CASE));
    const vectors = (await ask(program, ['embed', '--normalize'], texts)).map((line) => line.embedding);
    let worst = 0;
    for (const way of WAYS) {
      const found = await page.evaluate(async ({ way, texts }) => {
        const backbone = await window.graftwork.Backbone.load('/golden/tiny-bert', way);
        const names = ['adapter_config.json', 'adapter.safetensors', 'head_config.json', 'model_head.safetensors'];
        const files = await Promise.all(names.map(async (file) => {
          const response = await fetch(`/golden/tiny-cases/double_seq_bn-flex/${file}`);
          return [file, await response.arrayBuffer()];
        }));
        const adapter = await backbone.loadAdapter(Object.fromEntries(files));
        // In parallel, twice: calls do not disturb each other.
        const [answers, again, vectors, tokens] = await Promise.all([
          adapter.classify(texts), adapter.classify(texts),
          backbone.embed(texts, { normalize: true }), backbone.embed(texts.slice(0, 2), { pooling: 'none' }),
        ]);
        const result = {
          info: backbone.info, labels: adapter.labels, answers, again,
          vectors: vectors.map((row) => [...row]), tokens: tokens.map((text) => text.length),
        };
        backbone.dispose();
        return result;
      }, { way, texts });
      equal('device', found.info.device, way.device);
      equal('labels', found.labels, ['negative', 'neutral', 'positive']);
      equal('the same again', found.again, found.answers);
      const logits = found.answers.map((answer) => answer.logits);
      const known = golden.map((row) => row.logits);
      const pyTorch = compare(`${name(way)} against PyTorch`, logits.slice(0, known.length), known, 1e-4);
      const ours = compare(`${name(way)} against native`, logits, native.map((line) => line.logits), 1e-4);
      compare(`${name(way)}: vectors`, found.vectors, vectors, 1e-4);
      equal('labels', found.answers.map((answer) => answer.label), native.map((line) => line.label));
      for (const answer of found.answers) {
        equal('score', answer.score, Math.max(...Object.values(answer.scores)));
      }
      if (found.tokens.some((count) => count < 2)) throw new Error(`tokens: ${found.tokens}`);
      worst = Math.max(worst, pyTorch, ours);
    }
    return `${golden.length} golden texts of ${texts.length}; largest difference ${worst.toExponential(1)}`;
  },

  async 'train, export, predict natively'({ page, program }) {
    const curve = await goldenCurve();
    const texts = (await messages(16)).map((row) => row.text);
    let worst = 0;
    for (const way of WAYS.slice(0, 3)) {
      const found = await page.evaluate(train, { way, ...curve, texts });
      equal('steps', found.steps.map((step) => step.step), curve.losses.map((_, i) => i + 1));
      const losses = found.steps.map((step) => [step.loss]);
      worst = Math.max(worst, compare(`${name(way)}: loss`, losses, curve.losses.map((loss) => [loss]), 1e-3));
      for (const { lr, tokensPerSecond, etaSeconds, totalSteps } of found.steps) {
        const sane = lr >= 0 && tokensPerSecond > 0 && etaSeconds >= 0 && totalSteps === 20;
        if (!sane) throw new Error(`${name(way)}: ${JSON.stringify(found.steps)}`);
      }
      const native = await ask(program, ['predict'], texts, found.file);
      equal('labels', found.answers.map((answer) => answer.label), native.map((line) => line.label));
      compare(`${name(way)}: logits`, found.answers.map((a) => a.logits), native.map((line) => line.logits), 1e-4);
      equal('loaded again', found.again, found.answers);
    }
    return `20 steps on 3 ways; largest difference from PyTorch's losses ${worst.toExponential(1)}`;
  },
};

/** Runs in the page: the golden run from its start, and what the adapter then answers. */
async function train({ way, examples, options, texts }) {
  const backbone = await window.graftwork.Backbone.load('/golden/tiny-bert', way);
  const names = ['adapter_config.json', 'adapter.safetensors', 'head_config.json', 'model_head.safetensors'];
  const files = await Promise.all(names.map(async (file) => {
    const response = await fetch(`/golden/tiny-curve/init/${file}`);
    return [file, await response.arrayBuffer()];
  }));
  const adapter = await backbone.loadAdapter(Object.fromEntries(files));
  const steps = [];
  for await (const step of adapter.train(examples, options)) steps.push({ ...step });
  const blob = await adapter.export();
  const copy = await backbone.loadAdapter(blob);
  const result = {
    steps,
    file: [...new Uint8Array(await blob.arrayBuffer())],
    answers: await adapter.classify(texts),
    again: await copy.classify(texts),
  };
  backbone.dispose();
  return result;
}
