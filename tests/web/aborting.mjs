// Calls that are aborted: whoever aborts hears so at once, nothing is computed for him any more, and nothing of his stays.
import { counted } from './inside.mjs';
import { equal } from './native.mjs';
import { AT_ONCE, hold, ready } from './runs.mjs';

const WAYS = [{ device: 'cpu' }, { device: 'cpu', worker: false }, { device: 'gpu' }, { device: 'gpu', worker: false }];

/** What the module has begun to classify, in calls and texts: with that no test waits for a clock. */
const begun = (thread) => thread.evaluate(() => ({
  calls: globalThis.moduleCalls.adapter_answer ?? 0, texts: globalThis.classifiedTexts,
}));
/** Adapters that are in the module: what was made, without what was disposed of. */
const held = (thread) => thread.evaluate(() => {
  const { moduleCalls: calls } = globalThis;
  const made = ['backbone_attach', 'backbone_attachFiles', 'backbone_attachRun', 'backbone_create'];
  return made.reduce((sum, name) => sum + (calls[name] ?? 0), 0) - (calls.adapter_dispose ?? 0);
});

/** Does `work` in each way, on a page of its own. */
async function inAllWays(page, work) {
  const notes = [];
  for (const way of WAYS) {
    const thread = await counted(page, way);
    notes.push(`${way.device}${way.worker === false ? ' without a worker' : ''}: ${await work(thread, way)}`);
    await page.reload();
    await page.waitForFunction(() => window.ready, null, { timeout: 60_000 });
  }
  return notes.join('; ');
}

export const checks = {
  async 'aborted calls compute nothing'({ page }) {
    return inAllWays(page, async (thread, way) => {
      await page.evaluate(async () => {
        window.adapter = await window.backbone.createAdapter({ labels: ['ham', 'spam'] });
        await window.adapter.classify(['x']);
      });
      const before = await begun(thread);
      const found = await page.evaluate(async () => {
        const why = new Error('a better idea');
        const calls = Array.from({ length: 2000 }, () => {
          const abort = new AbortController();
          const call = window.adapter.classify(['some words to look at'], { signal: abort.signal });
          return { abort, call: call.then(() => 'answered', (reason) => reason === why) };
        });
        for (const { abort } of calls) abort.abort(why);
        const [next] = await window.adapter.classify(['x']);
        const reasons = await Promise.all(calls.map(({ call }) => call));
        return { reasons: reasons.filter((reason) => reason === true).length, next: typeof next.label };
      });
      equal(JSON.stringify(way), found, { reasons: 2000, next: 'string' });
      // A worker may do some before the page has come to the first abort.
      const computed = (await begun(thread)).calls - before.calls - 1;
      if (computed > 200) throw new Error(`${JSON.stringify(way)}: ${computed} of 2000 aborted calls were computed`);
      return `${computed} of 2000`;
    });
  },

  async 'a long list of texts ends soon, and lets others in'({ page }) {
    return inAllWays(page, async (thread, way) => {
      const found = await page.evaluate(async () => {
        const adapter = await window.backbone.createAdapter({ labels: ['ham', 'spam'] });
        const texts = Array.from({ length: 2000 }, (_, i) => `message ${i}: ${'words of no consequence '.repeat(8)}`);
        const abort = new AbortController();
        let over = false;
        const long = window.failure(() => adapter.classify(texts, { signal: abort.signal })).finally(() => (over = true));
        // It has begun when this is answered, which came after it.
        await adapter.classify(['x']);
        const early = !over;
        abort.abort();
        const name = await long;
        await adapter.classify(['x']);
        return { early, name };
      });
      equal(JSON.stringify(way), found, { early: true, name: 'AbortError' });
      const texts = (await begun(thread)).texts - 2;
      if (!(texts >= 1 && texts <= 200)) {
        throw new Error(`${JSON.stringify(way)}: ${texts} texts of an aborted call were computed`);
      }
      return `${texts} of 2000 texts`;
    });
  },

  async 'aborted adapters do not stay'({ page }) {
    return inAllWays(page, async (thread, way) => {
      await page.evaluate(async () => {
        const adapter = await window.backbone.createAdapter({ labels: ['ham', 'spam'] });
        window.file = new Uint8Array(await (await adapter.export()).arrayBuffer());
        adapter.dispose();
        const tick = () => new Promise((resolve) => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => (port1.close(), resolve());
          port2.postMessage(0);
        });
        /** Begins each call and aborts it some turns of the page's loop later, so that it is met at every stage. */
        window.abortMany = async (kind, count) => {
          let aborted = 0;
          for (let call = 0; call < count; call += 1) {
            const abort = new AbortController();
            const { signal } = abort;
            const made = {
              load: () => window.backbone.loadAdapter(window.file, { signal }),
              create: () => window.backbone.createAdapter({ labels: ['ham', 'spam'], seed: call }, { signal }),
            }[kind]();
            const end = made.then((adapter) => adapter.dispose(), (error) => (aborted += error === signal.reason ? 1 : 0));
            for (let turn = 0; turn < call % 8; turn += 1) await tick();
            abort.abort();
            await end;
          }
          // When the first answer is here, so is an adapter that came late; the second is of after it was disposed of.
          await window.backbone.memory();
          return { aborted, memory: await window.backbone.memory() };
        };
      });
      const notes = [];
      for (const kind of ['load', 'create']) {
        const before = await page.evaluate((kind) => window.abortMany(kind, 40), kind);
        const after = await page.evaluate((kind) => window.abortMany(kind, 200), kind);
        if (after.aborted < 20) throw new Error(`${JSON.stringify(way)}: only ${after.aborted} of 200 were aborted in time`);
        equal(`${JSON.stringify(way)}: adapters after ${kind}`, await held(thread), 0);
        equal('GPU buffers', after.memory.gpuBuffers, before.memory.gpuBuffers);
        const pages = (after.memory.wasmBytes - before.memory.wasmBytes) / 65536;
        if (pages > 1) throw new Error(`${JSON.stringify(way)}: WebAssembly memory grew by ${pages} pages (${kind})`);
        notes.push(`${kind} ${after.aborted} of 200 aborted`);
      }
      return notes.join(', ');
    });
  },

  async 'an aborted resume lets go of the run'({ page, server }) {
    for (const way of [{ device: 'cpu' }, { device: 'cpu', worker: false }]) {
      await ready(page, server, way);
      // So long that it cannot end while it is held.
      await hold(page, { ...AT_ONCE, epochs: 1000 });
      await page.reload();
      await ready(page, server, way);
      const found = await page.evaluate(async () => {
        const { backbone } = window;
        const tick = () => new Promise((resolve) => setTimeout(resolve, 0));
        const seen = new Set();
        for (let call = 0; call < 40; call += 1) {
          const abort = new AbortController();
          const resumed = backbone.resume('run', { signal: abort.signal });
          const end = resumed.then(({ adapter }) => (adapter.dispose(), 'resumed'), (error) => error.name);
          for (let turn = 0; turn < call % 8; turn += 1) await tick();
          abort.abort();
          seen.add(await end);
        }
        // At once, while what was aborted last may still be on its way.
        const { adapter } = await backbone.resume('run');
        const locks = async () => (await navigator.locks.query()).held.filter(({ name }) => name.includes('run')).length;
        const during = await locks();
        adapter.dispose();
        await backbone.memory();
        return { seen: [...seen].filter((name) => name !== 'resumed'), during, after: await locks() };
      });
      equal(JSON.stringify(way), found, { seen: ['AbortError'], during: 1, after: 0 });
      await page.evaluate(() => (window.backbone.dispose(), window.graftwork.deleteRun('run')));
      await page.reload();
    }
  },

  async 'a panic ends all that waits'({ page }) {
    for (const way of WAYS.slice(0, 2)) {
      const thread = await counted(page, way);
      await page.evaluate(async () => {
        const { backbone } = window;
        const adapter = await backbone.createAdapter({ labels: ['ham', 'spam'] });
        const texts = Array(20_000).fill('some words');
        window.waiting = Promise.all([1, 2, 3].map(() => window.failure(() => adapter.classify(texts))));
        await adapter.classify(['x']);
      });
      await thread.evaluate(async () => {
        const { panicNow } = await import('/dist/engine.js');
        try {
          panicNow();
        } catch {
          // The trap that ends a panic.
        }
      });
      equal('what waited', await page.evaluate(() => window.waiting), ['internal', 'internal', 'internal']);
      equal('later', await page.evaluate(() => window.failure(() => window.backbone.embed(['x']))), 'internal');
      await page.reload();
      await page.waitForFunction(() => window.ready, null, { timeout: 60_000 });
    }
  },
};
