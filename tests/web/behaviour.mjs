// Cancelling, disposing, running side by side.
import { messages } from './golden.mjs';
import { equal } from './native.mjs';

export const checks = {
  async 'cancel'({ page }) {
    const examples = await messages(64);
    for (const way of [{ device: 'gpu' }, { device: 'cpu' }, { device: 'cpu', worker: false }]) {
      const found = await page.evaluate(async ({ way, examples }) => {
        const { Backbone } = window.graftwork;
        const backbone = await Backbone.load('/golden/tiny-bert', way);
        const adapter = await backbone.createAdapter({ labels: ['ham', 'spam'] });
        const untrained = await adapter.classify(['x']);
        const abort = new AbortController();
        let steps = 0;
        const aborted = await window.failure(async () => {
          const options = { epochs: 1000, batchSize: 8, lr: 0.01, signal: abort.signal };
          for await (const step of adapter.train(examples, options)) {
            steps = step.step;
            if (steps >= 3) abort.abort();
          }
        });
        const afterAbort = await adapter.classify(['x']);
        let left = 0;
        for await (const step of adapter.train(examples, { epochs: 1000, batchSize: 8 })) {
          left = step.step;
          if (left >= 2) break;
        }
        const before = AbortSignal.abort();
        const classify = await window.failure(() => adapter.classify(['x'], { signal: before }));
        const busy = await window.failure(async () => {
          for await (const step of adapter.train(examples, { epochs: 1000, batchSize: 8 })) {
            void step;
            for await (const other of adapter.train(examples, {})) void other;
          }
        });
        const learned = untrained[0].logits[0] !== afterAbort[0].logits[0];
        backbone.dispose();
        return { aborted, classify, busy, learned, early: steps < 200 && left < 200 };
      }, { way, examples });
      equal(JSON.stringify(way), found, { aborted: 'AbortError', classify: 'AbortError', busy: 'busy', learned: true, early: true });
    }
    const load = await page.evaluate(() => window.failure(() => window.graftwork.Backbone.load('/slow/tiny-bert', {
      device: 'cpu', signal: AbortSignal.timeout(500),
    })));
    equal('a load that takes too long', load, 'TimeoutError');
  },

  async 'a training step is few submits'({ page }) {
    const found = await page.evaluate(async (examples) => {
      const { submit } = GPUQueue.prototype;
      let submits = 0;
      GPUQueue.prototype.submit = function counted(...commands) {
        submits += 1;
        return submit.apply(this, commands);
      };
      const backbone = await window.graftwork.Backbone.load('/golden/tiny-bert', { device: 'gpu', worker: false });
      const adapter = await backbone.createAdapter({ labels: ['ham', 'spam'] });
      const before = submits;
      let steps = 0;
      for await (const { step } of adapter.train(examples, { epochs: 8, batchSize: 8, dropout: 0.1 })) steps = step;
      const perStep = (submits - before) / steps;
      backbone.dispose();
      return perStep;
    }, await messages(32));
    equal('from one to four', found >= 1 && found <= 4, true);
    return `${found.toFixed(2)} submits a step`;
  },

  async 'rounds of create, train, dispose stay flat'({ page }) {
    const examples = await messages(8);
    const notes = [];
    for (const device of ['gpu', 'cpu']) {
      const found = await page.evaluate(async ({ device, examples }) => {
        const backbone = await window.graftwork.Backbone.load('/golden/tiny-bert', { device });
        const memory = [];
        for (let round = 0; round < 100; round += 1) {
          const adapter = await backbone.createAdapter({ labels: ['ham', 'spam'], seed: round });
          for await (const step of adapter.train(examples, { epochs: 1, batchSize: 8, validation: 0.25 })) void step;
          await adapter.classify(['x']);
          adapter.dispose();
          memory.push(await backbone.memory());
        }
        backbone.dispose();
        return memory;
      }, { device, examples });
      // Ten rounds for the allocator to find its size, ten in which nothing may grow.
      const [first, last] = [found[9], found.at(-1)];
      equal(`${device}: GPU buffers`, last.gpuBuffers, first.gpuBuffers);
      equal(`${device}: GPU bytes`, [last.gpuUsedBytes, last.gpuPooledBytes], [first.gpuUsedBytes, first.gpuPooledBytes]);
      // The allocator may need one page more when pieces fall otherwise; 100 leaks need more.
      const pages = (last.wasmBytes - first.wasmBytes) / 65536;
      if (pages > 1) throw new Error(`${device}: WebAssembly memory grew by ${pages} pages`);
      notes.push(`${device}: ${last.gpuBuffers} buffers, ${last.gpuUsedBytes} + ${last.gpuPooledBytes} bytes, wasm ${last.wasmBytes}`);
    }
    return notes.join('; ');
  },

  async 'adapters side by side'({ page }) {
    const examples = await messages(24);
    for (const device of ['gpu', 'cpu']) {
      const found = await page.evaluate(async ({ device, examples }) => {
        const backbone = await window.graftwork.Backbone.load('/golden/tiny-bert', { device });
        const labels = ['ham', 'spam'];
        const [a, b] = await Promise.all([backbone.createAdapter({ labels, seed: 1 }), backbone.createAdapter({ labels, seed: 2 })]);
        const texts = examples.map((example) => example.text);
        const alone = [await a.classify(texts), await b.classify(texts)];
        // Training another adapter changes nothing, and its seed gives the same bytes again.
        const bytes = async () => {
          const adapter = await backbone.createAdapter({ labels, seed: 3 });
          const options = { epochs: 2, batchSize: 8, validation: 0.25, dropout: 0.1 };
          let validation;
          for await (const step of adapter.train(examples, options)) validation = step.validation ?? validation;
          const file = await (await adapter.export()).arrayBuffer();
          const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', file));
          return [[...digest].join(), validation.predictions.length, validation.accuracy >= 0];
        };
        const during = await Promise.all([a.classify(texts), b.classify(texts), bytes(), a.classify(texts), b.classify(texts)]);
        const again = await bytes();
        backbone.dispose();
        return { alone, during, again };
      }, { device, examples });
      const [a, b, bytes, a2, b2] = found.during;
      equal(`${device}: interleaved`, [a, b, a2, b2], [...found.alone, ...found.alone]);
      equal(`${device}: the same seed again`, found.again, bytes);
      equal(`${device}: validation`, bytes.slice(1), [6, true]);
      if (JSON.stringify(a) === JSON.stringify(b)) throw new Error('two adapters give the same answers');
    }
  },

  async 'an adapter says how it was trained, as one that the program made'({ page }) {
    const found = await page.evaluate(async (examples) => {
      const backbone = await window.graftwork.Backbone.load('/golden/tiny-bert', { device: 'cpu' });
      const adapter = await backbone.createAdapter({ labels: ['ham', 'spam'] });
      const options = { epochs: 1, batchTokens: 512, clip: 0, warmupRatio: undefined, seed: null, validation: 0.25 };
      for await (const step of adapter.train(examples, options)) void step;
      const { training } = adapter.info;
      backbone.dispose();
      return training;
    }, await messages(16));
    equal('training', found, {
      epochs: 1, lr: 1e-3, schedule: 'linear', warmup_ratio: 0.1, weight_decay: 0.01, batch_tokens: 512, max_length: 128,
      dropout: 0, shuffle: true, seed: 42, keep_best: true, validation: 0.25,
    });
  },

  async 'the page stays responsive while a worker trains'({ page }) {
    const examples = await messages(64);
    await page.evaluate(async () => {
      window.backbone = await window.graftwork.Backbone.load('/golden/tiny-bert', { device: 'cpu' });
      window.adapter = await window.backbone.createAdapter({ labels: ['ham', 'spam'] });
    });
    const browser = page.context().browser();
    await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline'] });
    const steps = await page.evaluate(async (examples) => {
      let steps = 0;
      const options = { epochs: 10, batchSize: 8, validation: 0.2, saveAs: 'run', saveEvery: 0 };
      for await (const { step } of window.adapter.train(examples, options)) steps = step;
      window.backbone.dispose();
      return steps;
    }, examples);
    const { traceEvents: events } = JSON.parse((await browser.stopTracing()).toString());
    const isPage = ({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain';
    const pages = new Set(events.filter(isPage).map(({ pid, tid }) => `${pid} ${tid}`));
    // The task that the tracing ended in has no time.
    const isTask = ({ name, pid, tid, tdur }) => /RunTask$/.test(name) && pages.has(`${pid} ${tid}`) && tdur >= 0;
    const tasks = events.filter(isTask);
    // The time that a task has computed: a busy machine makes tasks long that are short. A page cannot block otherwise.
    const longest = Math.max(...tasks.map((task) => task.tdur / 1000));
    if (!(tasks.length > steps / 16 && longest < 50)) throw new Error(`${tasks.length} tasks, the longest ${longest} ms`);
    return `${steps} steps, ${tasks.length} tasks of the page, the longest ${longest.toFixed(1)} ms`;
  },
};
