// Several workers on the CPU: the same answers, and what happens when one of them fails.
import { messages } from './golden.mjs';
import { hooked } from './inside.mjs';
import { equal } from './native.mjs';

/** Loads the tiny backbone with so many threads; gives the engine's worker, whose `others` is what it does with more of them. */
export async function loaded(page, threads, source = '/golden/tiny-bert') {
  return hooked(page, {}, 'others.js', () => page.evaluate(async ({ threads, source }) => {
    const { Backbone } = window.graftwork;
    window.events = [];
    const onDevice = ({ state, threads, reason }) => window.events.push({ state, threads, reason });
    window.backbone = await Backbone.load(source, { device: 'cpu', threads, onDevice });
    window.one = await Backbone.load(source, { device: 'cpu', threads: 1 });
  }, { threads, source }));
}

export const others = (worker) => worker.evaluate(() => ({ ...globalThis.others }));

/** Embeds texts until all other workers have answered. */
export async function warm(page, worker, texts) {
  await page.evaluate((texts) => window.backbone.embed(texts), texts);
  for (let call = 0; call < 200; call += 1) {
    const before = (await others(worker)).calls.embed ?? 0;
    await page.evaluate((texts) => window.backbone.embed(texts), texts);
    const { calls, started } = await others(worker);
    if ((calls.embed ?? 0) - before >= started && started > 0) return;
    await page.waitForTimeout(50);
  }
  throw new Error(`the other workers never answer: ${JSON.stringify(await others(worker))}`);
}

/** Texts that are worth it to share out. */
export async function many(count = 60) {
  return (await messages(count)).map(({ text }) => text);
}

export const checks = {
  async 'threads: the same answers as one'({ page }) {
    const examples = await messages(60);
    const texts = examples.map(({ text }) => text).concat('I will be back '.repeat(100), 'x');
    const notes = [];
    for (const threads of [2, 3]) {
      const worker = await loaded(page, threads);
      await warm(page, worker, texts);
      const before = await others(worker);
      const found = await page.evaluate(async ({ texts, examples }) => {
        const both = async (work) => {
          const [several, one] = [await work(window.backbone), await work(window.one)].map((it) => JSON.stringify(it));
          return several === one || `${several.slice(0, 300)}, not ${one.slice(0, 300)}`;
        };
        const plain = (rows) => rows.map((row) => (row instanceof Float32Array ? [...row] : row.map((own) => [...own])));
        const adapter = (backbone) => backbone.createAdapter({ labels: ['ham', 'spam'], seed: 3 });
        return {
          threads: [window.backbone.info.threads, window.one.info.threads],
          embed: await both(async (backbone) => plain(await backbone.embed(texts))),
          tokens: await both(async (backbone) => plain(await backbone.embed(texts, { pooling: 'none', maxLength: 20 }))),
          windows: await both(async (backbone) => (await adapter(backbone)).classify(texts, { longTexts: 'windows' })),
          trained: await both(async (backbone) => {
            const own = await adapter(backbone);
            const before = await own.classify(texts);
            for await (const step of own.train(examples.slice(0, 8), { maxSteps: 2, batchSize: 1, lr: 0.1 })) void step;
            return [before, await own.classify(texts), plain(await own.embed(texts))];
          }),
          probes: await both(async (backbone) => {
            const probe = await backbone.probe({ maxLength: 30 });
            await probe.add(examples);
            return [await probe.classify(texts), await probe.classify(texts, { longTexts: 'ends', threshold: 0.9, topK: 1 })];
          }),
          tags: await both(async (backbone) => {
            const names = await backbone.createAdapter({ task: 'token-classification', entityTypes: ['person'], seed: 3 });
            return names.tag(texts);
          }),
          pairs: await both(async (backbone) => {
            const [inputs, own] = [texts.map((text, i) => ({ text, textPair: texts[(i + 7) % 60] })), await adapter(backbone)];
            return own.classify(inputs, { maxLength: 40 });
          }),
        };
      }, { texts, examples });
      const { threads: sizes, ...answers } = found;
      equal('threads', sizes, [threads, 1]);
      equal('answers', answers, Object.fromEntries(Object.keys(answers).map((name) => [name, true])));
      const { started, calls } = await others(worker);
      equal('other workers', started, threads - 1);
      for (const method of ['embed', 'answer', 'values']) {
        if (!((calls[method] ?? 0) > (before.calls[method] ?? 0))) throw new Error(`no other worker got a call of ${method}`);
      }
      notes.push(`${threads} threads: ${calls.embed + calls.answer + calls.values} groups elsewhere`);
      await page.reload();
      await page.waitForFunction(() => window.ready, null, { timeout: 60_000 });
    }
    return notes.join(', ');
  },

  async 'threads: a short text starts none'({ page }) {
    const worker = await loaded(page, 2);
    const memory = await page.evaluate(async () => {
      const adapter = await window.backbone.createAdapter({ labels: ['ham', 'spam'] });
      const before = (await window.backbone.memory()).wasmBytes;
      for (let call = 0; call < 20; call += 1) await adapter.classify(['a short text', 'and another one']);
      return [before, (await window.backbone.memory()).wasmBytes];
    });
    equal('started', (await others(worker)).started, 0);
    const texts = await many();
    await warm(page, worker, texts);
    const all = (await page.evaluate(() => window.backbone.memory())).wasmBytes;
    if (!(all > 1.5 * memory[1])) throw new Error(`memory counts one worker: ${memory}, then ${all}`);
    const before = await others(worker);
    await page.evaluate(() => window.backbone.embed(['a short text']));
    equal('elsewhere', (await others(worker)).calls.embed, before.calls.embed);
  },

  async 'threads: options'({ page }) {
    const found = await page.evaluate(async () => {
      const { Backbone } = window.graftwork;
      const load = (options) => window.failure(() => Backbone.load('/golden/tiny-bert', { device: 'cpu', ...options }));
      const refused = [];
      for (const threads of [0, 1.5, 'many', null]) refused.push(await load({ threads }));
      refused.push(await load({ threads: 2, worker: false }));
      const alone = await Backbone.load('/golden/tiny-bert', { device: 'cpu', worker: false });
      const gpu = await Backbone.load('/golden/tiny-bert', { device: 'gpu', threads: 3 });
      const auto = await Backbone.load('/golden/tiny-bert', { device: 'cpu' });
      const { hardwareConcurrency } = navigator;
      return { refused, alone: alone.info.threads, gpu: gpu.info.threads, auto: auto.info.threads, hardwareConcurrency };
    });
    equal('refused', found.refused, Array(5).fill('bad-option'));
    const auto = Math.max(1, Math.min(4, Math.floor(found.hardwareConcurrency / 2)));
    equal('chosen', [found.alone, found.gpu, found.auto], [1, 1, auto]);
  },

  async 'threads: aborted calls end in all workers'({ page }) {
    const worker = await loaded(page, 3);
    const texts = await many();
    await warm(page, worker, texts);
    const before = await others(worker);
    const found = await page.evaluate(async (texts) => {
      const adapter = await window.backbone.createAdapter({ labels: ['ham', 'spam'] });
      const why = new Error('a better idea');
      const abort = new AbortController();
      const long = Array.from({ length: 4000 }, (_, i) => `message ${i}: ${'words of no consequence '.repeat(8)}`);
      const call = adapter.classify(long, { signal: abort.signal }).then(() => 'answered', (reason) => reason === why);
      // It has begun when this is answered, which came after it.
      await adapter.classify(['x']);
      abort.abort(why);
      const reason = await call;
      const again = await adapter.classify(texts);
      return { reason, again: again.length, events: window.events };
    }, texts);
    equal('found', found, { reason: true, again: texts.length, events: [] });
    const inputs = (await others(worker)).inputs - before.inputs - texts.length;
    if (inputs > 400) throw new Error(`${inputs} of 4000 texts went to other workers after the abort`);
    return `${Math.max(0, inputs)} of 4000 texts elsewhere`;
  },

  async 'threads: one error, that of the first text'({ page }) {
    const worker = await loaded(page, 3);
    const texts = await many(200);
    await warm(page, worker, texts);
    const found = await page.evaluate(async (texts) => {
      const messages = [];
      for (const backbone of [window.backbone, window.one]) {
        const reader = await backbone.createAdapter({ task: 'question-answering', seed: 1 });
        const asked = texts.map((context, i) => ({ question: i === 150 || i === 190 ? 7 : 'who?', context }));
        messages.push(await reader.answer(asked).catch((error) => `${error.code}: ${error.message}`));
        const adapter = await backbone.createAdapter({ labels: ['ham', 'spam'] });
        messages.push(await adapter.classify(texts, { maxLength: 1 }).catch((error) => `${error.code}: ${error.message}`));
        messages.push(await adapter.tag(texts).catch((error) => `${error.code}: ${error.message}`));
      }
      return { several: messages.slice(0, 3), one: messages.slice(3), events: window.events };
    }, texts);
    equal('errors', found.several, found.one);
    equal('nobody is blamed', [found.events, found.one.map((message) => message.split(':')[0])],
      [[], ['bad-option', 'bad-option', 'wrong-task']]);
    return found.one.join('; ');
  },

  async 'threads: without one that cannot start'({ page }) {
    const worker = await loaded(page, 2);
    await worker.evaluate(() => (globalThis.others.cannotStart = true));
    const texts = await many();
    const found = await page.evaluate(async (texts) => {
      const plain = async (backbone) => JSON.stringify((await backbone.embed(texts)).map((row) => [...row]));
      const same = (await plain(window.backbone)) === (await plain(window.one));
      for (let wait = 0; wait < 200 && window.events.length === 0; wait += 1) await new Promise((then) => setTimeout(then, 20));
      const later = (await plain(window.backbone)) === (await plain(window.one));
      return { same, later, threads: window.backbone.info.threads, events: window.events };
    }, texts);
    equal('goes on', [found.same, found.later, found.threads], [true, true, 1]);
    equal('told', found.events.map(({ state, threads }) => [state, threads]), [['fewer-threads', 1]]);
    equal('tried once', (await others(worker)).started, 1);
    return found.events[0].reason;
  },

  async 'threads: without one that breaks'({ page }) {
    const worker = await loaded(page, 3);
    const texts = await many();
    await warm(page, worker, texts);
    await worker.evaluate(() => (globalThis.others.breaksAt = 3));
    const found = await page.evaluate(async (texts) => {
      const all = Array(4).fill(texts).flat();
      const answers = async (backbone) => {
        const adapter = await backbone.createAdapter({ labels: ['ham', 'spam'], seed: 4 });
        return JSON.stringify(await adapter.classify(all));
      };
      const same = (await answers(window.backbone)) === (await answers(window.one));
      return { same, threads: window.backbone.info.threads, events: window.events };
    }, texts);
    equal('goes on', [found.same, found.threads], [true, 2]);
    equal('told', found.events.map(({ state, threads }) => [state, threads]), [['fewer-threads', 2]]);
    equal('ended', (await others(worker)).ends, 1);
    return found.events[0].reason;
  },

  async 'threads: dispose ends all'({ page }) {
    const worker = await loaded(page, 3);
    const texts = await many();
    await warm(page, worker, texts);
    const found = await page.evaluate(async (texts) => {
      const adapter = await window.backbone.createAdapter({ labels: ['ham', 'spam'] });
      const calls = [adapter.classify(Array(20).fill(texts).flat()), window.backbone.embed(Array(20).fill(texts).flat())];
      await adapter.classify(['x']);
      window.backbone.dispose();
      const ends = await Promise.all(calls.map((call) => window.failure(() => call)));
      return [...ends, await window.failure(() => window.backbone.embed(['x']))];
    }, texts);
    equal('ends', found, ['disposed', 'disposed', 'disposed']);
    // With the worker those end that it has started.
    for (let wait = 0; wait < 100 && page.workers().length > 1; wait += 1) await page.waitForTimeout(20);
    equal('workers', page.workers().length, 1);
  },
};
