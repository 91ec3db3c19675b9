// Training by several workers on the CPU: the same bytes for as many threads, whoever computes what, and the losses of one.
import { messages } from './golden.mjs';
import { equal } from './native.mjs';
import { loaded, many, others, warm } from './threads.mjs';

/** Twelve steps, with dropout and evaluations. */
const TRAIN = { epochs: 3, batchSize: 14, validation: 0.1, dropout: 0.1, lr: 0.01 };

/** What the checks call in the page: runs of each kind, on one of its backbones. */
async function prepare(page) {
  const examples = await messages(48);
  const tagged = examples.map(({ text }) => {
    const tokens = text.split(/\s+/).slice(0, 20);
    return { tokens, tags: tokens.map((word) => (/^\p{Lu}/u.test(word) ? 'B-name' : 'O')), intent: tokens.length % 2 ? 'odd' : 'even' };
  });
  await page.evaluate(({ examples, tagged, train }) => {
    /** Losses, evaluations, and the file's digest. */
    window.learn = async (adapter, training) => {
      const found = [];
      for await (const { loss, gradNorm, validation } of training) found.push([loss, gradNorm, validation?.loss ?? 0]);
      return { found, digest: await window.digest(adapter) };
    };
    const kind = (create, rows, options) => async (backbone) => {
      const adapter = await backbone.createAdapter({ seed: 3, ...create });
      return window.learn(adapter, adapter.train(rows, { ...train, ...options }));
    };
    const labels = ['ham', 'spam'];
    window.examples = examples;
    window.kinds = {
      texts: kind({ labels }, examples),
      'long texts in windows': kind({ labels, method: { type: 'lora' } }, examples, { maxLength: 16, longTexts: 'windows' }),
      'a frozen adapter': kind({ labels }, examples, { freezeAdapter: true }),
      tags: kind({ task: 'token-classification', entityTypes: ['name'] }, tagged.map(({ tokens, tags }) => ({ tokens, tags }))),
      intents: kind({ task: 'intent-slot-classification', labels: ['odd', 'even'], entityTypes: ['name'] }, tagged),
      words: kind({ task: 'fill-mask' }, examples.map(({ text }) => text), { batchTokens: 300, batchSize: undefined, maxLength: 60 }),
      'few examples': async (backbone) => {
        const { adapter, training } = await backbone.fewShot(examples.slice(0, 24), { maxSteps: 4, seed: 3 });
        return window.learn(adapter, training);
      },
    };
  }, { examples, tagged, train: TRAIN });
}

export const checks = {
  async 'sharing: every kind of training'({ page }) {
    const worker = await loaded(page, 2);
    await warm(page, worker, await many());
    await prepare(page);
    const before = (await others(worker)).calls.share ?? 0;
    const notes = [];
    for (const kind of await page.evaluate(() => Object.keys(window.kinds))) {
      const found = await page.evaluate(async (kind) => {
        const [first, again, one] = [window.backbone, window.backbone, window.one].map((backbone) => () => window.kinds[kind](backbone));
        return [await first(), await again(), await one()];
      }, kind);
      const [first, again, one] = found;
      equal(`${kind}: again`, again, first);
      equal(`${kind}: steps`, first.found.length, one.found.length);
      let worst = 0;
      first.found.flat().forEach((value, i) => {
        const expected = one.found.flat()[i];
        worst = Math.max(worst, Math.abs(value - expected) / Math.max(1, Math.abs(expected)));
      });
      if (!(worst < 2e-5)) throw new Error(`${kind}: ${JSON.stringify(first.found)}, not ${JSON.stringify(one.found)}`);
      notes.push(`${kind} ${worst.toExponential(0)}`);
    }
    const { calls } = await others(worker);
    if (!(calls.share > before + 20)) throw new Error(`only ${calls.share} shares were computed elsewhere`);
    return `${calls.share} shares elsewhere; differences from one thread: ${notes.join(', ')}`;
  },

  async 'sharing: whoever computes it'({ page }) {
    const digests = [];
    const ways = [{}, { cannotStart: true }, { breaksAt: 3 }];
    for (const way of ways) {
      const worker = await loaded(page, 3);
      await worker.evaluate((way) => Object.assign(globalThis.others, way), way.cannotStart ? way : {});
      const texts = await many();
      if (way.cannotStart) await page.evaluate((texts) => window.backbone.embed(texts), texts);
      else await warm(page, worker, texts);
      await worker.evaluate((way) => Object.assign(globalThis.others, way), way);
      await prepare(page);
      // How many threads there are is looked at when a run begins.
      if (way.cannotStart) await page.waitForFunction(() => window.events.length === 2);
      const found = await page.evaluate(async () => ({
        ...(await window.kinds.texts(window.backbone)), threads: window.backbone.info.threads, events: window.events.length,
      }));
      digests.push([found.threads, found.events, found.digest]);
      await page.reload();
      await page.waitForFunction(() => window.ready, null, { timeout: 60_000 });
    }
    const [all, none, broken] = digests;
    equal('threads', [all, none, broken].map(([threads, events]) => [threads, events]), [[3, 0], [1, 2], [2, 1]]);
    equal('one broke', broken[2], all[2]);
    // A run that begins with one thread is one of one thread.
    equal('none from the start', none[2] === all[2], false);
  },

  async 'sharing: a saved run keeps its shares'({ page }) {
    const texts = await many();
    const options = { saveAs: 'run', saveEvery: 0 };
    const worker = await loaded(page, 3);
    await warm(page, worker, texts);
    await prepare(page);
    const whole = await page.evaluate(async () => window.kinds.texts(window.backbone));
    page.evaluate(async ({ options, train }) => {
      const adapter = await window.backbone.createAdapter({ seed: 3, labels: ['ham', 'spam'] });
      for await (const { step, savedStep } of adapter.train(window.examples, { ...train, ...options })) {
        if (step >= 4 && savedStep >= 2) {
          window.holding = true;
          await new Promise(() => {});
        }
      }
    }, { options, train: TRAIN }).catch(() => undefined);
    await page.waitForFunction(() => window.holding, null, { timeout: 120_000 });
    await page.reload();
    await page.waitForFunction(() => window.ready, null, { timeout: 60_000 });
    const found = await page.evaluate(async () => {
      const backbone = await window.graftwork.Backbone.load('/golden/tiny-bert', { device: 'cpu', threads: 1 });
      const [saved] = await window.graftwork.savedRuns();
      const { adapter, training } = await backbone.resume('run');
      let steps = 0;
      for await (const { step } of training) steps = step;
      return { from: saved.step, steps, digest: await window.digest(adapter) };
    });
    equal('the end', [found.from > 1 && found.from < 12, found.steps, found.digest], [true, 12, whole.digest]);
    return `from step ${found.from} with 3 threads, on with 1`;
  },

  async 'sharing: abort, and once more'({ page }) {
    const worker = await loaded(page, 2);
    await warm(page, worker, await many());
    await prepare(page);
    const found = await page.evaluate(async (train) => {
      const { backbone } = window;
      const whole = await window.kinds.texts(backbone);
      const adapter = await backbone.createAdapter({ seed: 3, labels: ['ham', 'spam'] });
      const abort = new AbortController();
      const aborted = await window.failure(async () => {
        for await (const { step } of adapter.train(window.examples, { ...train, epochs: 500, signal: abort.signal })) {
          if (step === 3) abort.abort();
        }
      });
      const running = Promise.all([1, 2].map(() => window.kinds.texts(backbone)));
      const together = (await running).map(({ digest }) => digest === whole.digest);
      return { aborted, together, events: window.events };
    }, TRAIN);
    equal('found', found, { aborted: 'AbortError', together: [true, true], events: [] });
  },
};
