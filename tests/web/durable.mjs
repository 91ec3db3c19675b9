// Runs that outlive their page: reloads, crashes, two tabs, storage that is full or missing.
import { messages } from './golden.mjs';
import { equal } from './native.mjs';

const TRAIN = { epochs: 6, batchSize: 8, validation: 0.25, dropout: 0.1, lr: 0.01 };
/** Seconds. Every few steps are saved, so that no test waits for a clock. */
const AT_ONCE = { saveAs: 'run', saveEvery: 0 };

/** A page that has loaded the tiny backbone, with what the checks call in it. */
async function ready(page, server, way = { device: 'cpu' }) {
  if (page.url() !== server.address) await page.goto(server.address);
  await page.waitForFunction(() => window.ready, null, { timeout: 120_000 });
  const examples = await messages(32);
  await page.evaluate(async ({ way, examples, train }) => {
    const { Backbone, savedRuns } = window.graftwork;
    const backbone = await Backbone.load('/golden/tiny-bert', way);
    const create = () => backbone.createAdapter({ labels: ['ham', 'spam'], seed: 5, name: 'mine' });
    const note = ({ step, validation }) => (validation === undefined ? step : `${step} ${validation.accuracy}`);
    Object.assign(window, {
      backbone, examples, create,
      /** A run from its start to its end. */
      async whole(options) {
        const adapter = await create();
        const steps = [];
        for await (const progress of adapter.train(examples, { ...train, ...options })) steps.push(note(progress));
        return { steps, digest: await window.digest(adapter), left: (await savedRuns()).length };
      },
      /** A run that holds still once step `until` is saved, for ever. */
      async held(options, until) {
        const adapter = await create();
        for await (const { savedStep } of adapter.train(examples, { ...train, ...options })) {
          if (savedStep < until) continue;
          window.holding = true;
          await new Promise(() => {});
        }
      },
      /** A saved run to its end. */
      async resumed(name) {
        const [saved] = await savedRuns();
        const { adapter, training } = await backbone.resume(name);
        const fresh = await (await create()).classify(['free phone']);
        const learned = JSON.stringify(await adapter.classify(['free phone'])) !== JSON.stringify(fresh);
        const steps = [];
        const sane = [];
        for await (const progress of training) {
          steps.push(note(progress));
          const { etaSeconds, tokensPerSecond, loss, savedStep, step } = progress;
          sane.push(etaSeconds >= 0 && tokensPerSecond > 0 && loss > 0 && savedStep <= step);
        }
        const { running, labels, adapter: named, fingerprint, bytes, savedAt } = saved;
        return {
          saved: { step: saved.step, totalSteps: saved.totalSteps },
          shown: [running, labels, named, fingerprint === backbone.info.fingerprint, bytes > 1000, savedAt <= new Date()],
          learned, steps, sane: sane.every(Boolean), digest: await window.digest(adapter), left: (await savedRuns()).length,
        };
      },
    });
  }, { way, examples, train: TRAIN });
}

const hold = async (page, options = AT_ONCE) => {
  page.evaluate((options) => window.held(options, 4), options).catch(() => undefined);
  await page.waitForFunction(() => window.holding, null, { timeout: 120_000 });
};

/** What was resumed goes on after the save, and ends as the whole run did. */
function continues(what, found, whole) {
  const { step, totalSteps } = found.saved;
  if (!(step >= 4 && step < totalSteps)) throw new Error(`${what}: saved at step ${step} of ${totalSteps}`);
  equal(`${what}: steps`, found.steps, whole.steps.slice(-found.steps.length));
  equal(`${what}: its first step`, found.steps.find((note) => typeof note === 'number'), step + 1);
  equal(`${what}: shown`, found.shown, [false, ['ham', 'spam'], 'mine', true, true, true]);
  equal(`${what}: found`, [found.learned, found.sane, found.left], [true, true, 0]);
  equal(`${what}: bytes`, found.digest, whole.digest);
}

export const checks = {
  async 'a reloaded page goes on with its run'({ page, server }) {
    const notes = [];
    for (const way of [{ device: 'cpu' }, { device: 'gpu' }, { device: 'cpu', worker: false }]) {
      await ready(page, server, way);
      const whole = await page.evaluate(() => window.whole());
      const saved = await page.evaluate((options) => window.whole(options), AT_ONCE);
      equal('saving changes nothing', saved, whole);
      await hold(page);
      await page.reload();
      await ready(page, server, way);
      const found = await page.evaluate(() => window.resumed('run'));
      continues(JSON.stringify(way), found, whole);
      notes.push(`${way.device}: from step ${found.saved.step} of ${found.saved.totalSteps}`);
      await page.reload();
    }
    return notes.join('; ');
  },

  async 'a tab that is killed loses nothing'({ page, server }) {
    const other = async () => {
      const tab = await page.context().newPage();
      await ready(tab, server);
      return tab;
    };
    const kills = {
      closed: (tab) => tab.close(),
      crashed: async (tab) => {
        const crashed = tab.waitForEvent('crash');
        tab.goto('chrome://crash').catch(() => undefined);
        await crashed;
        await tab.close();
      },
    };
    const first = await other();
    const whole = await first.evaluate(() => window.whole());
    await first.close();
    for (const [how, kill] of Object.entries(kills)) {
      const victim = await other();
      await hold(victim);
      await kill(victim);
      const next = await other();
      continues(how, await next.evaluate(() => window.resumed('run')), whole);
      await next.close();
    }
  },

  async 'a run that was ended early goes on'({ page, server }) {
    await ready(page, server);
    const found = await page.evaluate(async (train) => {
      const { savedRuns } = window.graftwork;
      const whole = await window.whole();
      const early = async (stop, signal) => {
        const adapter = await window.create();
        let last = 0;
        try {
          // Nothing but the first state would be saved by the clock.
          const options = { ...train, saveAs: 'run', saveEvery: 1000, signal };
          for await (const { step } of adapter.train(window.examples, options)) {
            last = step;
            if (step >= 4 && stop()) break;
          }
        } catch (error) {
          if (error.name !== 'AbortError') throw error;
        }
        const [saved] = await savedRuns();
        return { late: saved.step < last, resumed: await window.resumed('run') };
      };
      const left = await early(() => true);
      const abort = new AbortController();
      const aborted = await early(() => abort.abort(), abort.signal);
      // The claim goes with the adapter.
      await early(() => true);
      return { whole, left, aborted };
    }, TRAIN);
    for (const how of ['left', 'aborted']) {
      equal(`${how}: the end is saved`, found[how].late, false);
      continues(how, found[how].resumed, found.whole);
    }
  },

  async 'two tabs do not share a run'({ page, server }) {
    await ready(page, server);
    await hold(page);
    const second = await page.context().newPage();
    await ready(second, server);
    const ask = (tab) => tab.evaluate(async () => {
      const { deleteRun, savedRuns } = window.graftwork;
      const { backbone, examples, failure } = window;
      const begin = async () => {
        for await (const step of (await window.create()).train(examples, { saveAs: 'run' })) void step;
      };
      const [{ running }] = await savedRuns();
      return [running, await failure(() => backbone.resume('run')), await failure(() => deleteRun('run')), await failure(begin)];
    });
    equal('in the second tab', await ask(second), [true, 'busy', 'busy', 'busy']);
    await page.close();
    const found = await second.evaluate(async () => {
      const { backbone, failure } = window;
      const { adapter } = await backbone.resume('run');
      const twice = await failure(() => backbone.resume('run'));
      adapter.dispose();
      const { training } = await backbone.resume('run');
      for await (const step of training) void step;
      return { twice, left: (await window.graftwork.savedRuns()).length };
    });
    equal('after the first tab', found, { twice: 'busy', left: 0 });
  },

  async 'saved runs that are not what they should be'({ page, server }) {
    await ready(page, server);
    const found = await page.evaluate(async (train) => {
      const { Backbone, deleteRun, savedRuns } = window.graftwork;
      const { backbone, examples, failure } = window;
      const resume = (name = 'run', on = backbone) => failure(() => on.resume(name));
      const save = async () => {
        for await (const step of (await window.create()).train(examples, { ...train, saveAs: 'run' })) if (step) break;
      };
      /** Changes what is stored of the run. */
      const tamper = (store, change) => new Promise((resolve, reject) => {
        const request = indexedDB.open('graftwork');
        request.onsuccess = () => {
          const transaction = request.result.transaction(store, 'readwrite');
          const objects = transaction.objectStore(store);
          objects.get('run').onsuccess = ({ target }) => {
            const value = change(target.result);
            if (value === undefined) objects.delete('run');
            else objects.put(value, ...(store === 'runs' ? [] : ['run']));
          };
          transaction.oncomplete = () => resolve(request.result.close());
          transaction.onabort = () => reject(transaction.error);
        };
      });
      const codes = { 'no such run': await resume('nothing'), 'deleting nothing': await failure(() => deleteRun('nothing')) };
      await save();
      const bytes = async (name) => new Uint8Array(await (await fetch(`/golden/tiny-bert/${name}`)).arrayBuffer());
      const [config, tokenizer, weights] = await Promise.all(['config.json', 'tokenizer.json', 'model.safetensors'].map(bytes));
      weights[weights.length - 1] ^= 1;
      const stranger = await Backbone.load({ config, tokenizer, weights }, { device: 'cpu' });
      codes['another backbone'] = await resume('run', stranger);
      const whole = {};
      await tamper('states', (state) => (whole.state = state).slice(0, state.length / 2));
      codes['half a state'] = await resume();
      await tamper('states', (state) => (state.fill(0), state));
      codes['zeros'] = await resume();
      await tamper('states', () => undefined);
      codes['no state'] = await resume();
      await tamper('states', () => whole.state);
      await tamper('starts', (start) => ({ ...start, file: start.file.slice(0, 1000) }));
      codes['half an adapter'] = await resume();
      await tamper('runs', (run) => ({ ...run, format: 99 }));
      codes['another version'] = await resume();
      const before = (await savedRuns()).length;
      await deleteRun('run');
      codes['deleted'] = await resume();
      const train_ = (options) => failure(async () => {
        for await (const step of (await window.create()).train(examples, options)) void step;
      });
      codes['no name'] = await train_({ saveAs: '' });
      codes['no time'] = await train_({ saveAs: 'x', saveEvery: -1 });
      codes['hidden'] = await train_({ whenHidden: 'x' });
      codes['diverges'] = await train_({ saveAs: 'x', lr: 1e30, clip: 0, warmupRatio: 0, epochs: 9 });
      codes['no examples'] = await failure(async () => {
        for await (const step of (await window.create()).train([], { saveAs: 'x' })) void step;
      });
      stranger.dispose();
      return { codes, before, after: (await savedRuns()).length };
    }, TRAIN);
    equal('runs', [found.before, found.after], [1, 0]);
    equal('codes', found.codes, {
      'no such run': 'no-run',
      'deleting nothing': 'nothing was thrown',
      'another backbone': 'wrong-backbone',
      'half a state': 'bad-run',
      'zeros': 'bad-run',
      'no state': 'bad-run',
      'half an adapter': 'bad-run',
      'another version': 'bad-run',
      'deleted': 'no-run',
      'no name': 'bad-option',
      'no time': 'bad-option',
      'hidden': 'bad-option',
      'diverges': 'diverged',
      'no examples': 'bad-examples',
    });
    return `${Object.keys(found.codes).length} cases`;
  },

  async 'a full disk stops no training'({ page, server }) {
    const session = await page.context().newCDPSession(page);
    await ready(page, server);
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(server.address).origin, quotaSize: 1 });
    const start = await page.evaluate((options) => window.failure(() => window.whole(options)), AT_ONCE);
    equal('at the start', start, 'quota');

    // The browser looks at its quota again only after a while, so what fails later fails by hand.
    const tab = await (await page.context().browser().newContext()).newPage();
    await ready(tab, server, { device: 'cpu', worker: false });
    const found = await tab.evaluate(async ({ train, atOnce }) => {
      const { savedRuns } = window.graftwork;
      const { put } = IDBObjectStore.prototype;
      const whole = await window.whole(train);
      const adapter = await window.create();
      const errors = [];
      let kept;
      for await (const { savedStep, saveError } of adapter.train(window.examples, { ...train, ...atOnce })) {
        errors.push(saveError?.code);
        if (kept === undefined && savedStep >= 2) {
          // The second of the two writes of a save fails: the first must not be there either.
          IDBObjectStore.prototype.put = function (...words) {
            if (this.name === 'states') throw new DOMException('no room', 'QuotaExceededError');
            return put.apply(this, words);
          };
          kept = (await savedRuns())[0].step;
        } else if (saveError !== undefined && IDBObjectStore.prototype.put !== put) {
          const [{ step }] = await savedRuns();
          if (step !== kept) throw new Error(`a save that failed left step ${step}, not ${kept}`);
          IDBObjectStore.prototype.put = put;
        }
      }
      const digest = await window.digest(adapter);

      const { open } = IDBFactory.prototype;
      IDBFactory.prototype.open = () => {
        throw new DOMException('denied', 'SecurityError');
      };
      const none = [
        await window.failure(() => savedRuns()), await window.failure(() => window.backbone.resume('run')),
        await window.failure(() => window.whole(atOnce)),
      ];
      IDBFactory.prototype.open = open;
      return { whole, errors, digest, none };
    }, { train: { ...TRAIN, epochs: 20 }, atOnce: AT_ONCE });
    await tab.context().close();
    const changes = found.errors.map(String).filter((code, i, all) => code !== all[i - 1]);
    equal('while it runs', changes, ['undefined', 'quota', 'undefined']);
    equal('bytes', found.digest, found.whole.digest);
    equal('no storage', found.none, ['storage', 'storage', 'storage']);
  },

  async 'hidden tabs'({ page, server }) {
    await ready(page, server, { device: 'cpu', worker: false });
    const found = await page.evaluate(async (train) => {
      const show = (state) => {
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
        document.dispatchEvent(new Event('visibilitychange'));
      };
      const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
      const whole = await window.whole();

      // Hidden pages' timers run once a second at most, so a run must not wait for any.
      const timer = window.setTimeout;
      let timers = 0;
      window.setTimeout = (...words) => ((timers += 1), timer(...words));
      show('hidden');
      const unseen = await window.whole({ whenHidden: 'continue' });
      window.setTimeout = timer;

      show('visible');
      const adapter = await window.create();
      const steps = [];
      const run = (async () => {
        for await (const { step } of adapter.train(window.examples, { ...train, whenHidden: 'pause' })) {
          steps.push(step);
          if (step === 3) show('hidden');
        }
        return window.digest(adapter);
      })();
      while (steps.at(-1) !== 3) await later(10);
      // What was on its way still comes; then nothing does.
      await later(500);
      const reached = steps.length;
      await later(1000);
      const still = steps.length === reached && steps.at(-1) < 18;
      show('visible');
      const seen = await run;

      show('hidden');
      const abort = new AbortController();
      const aborted = window.failure(async () => {
        const options = { ...train, epochs: 1000, whenHidden: 'pause', signal: abort.signal };
        for await (const step of (await window.create()).train(window.examples, options)) if (step) later(50).then(() => abort.abort());
      });
      return { whole, unseen, timers, still, seen, aborted: await aborted };
    }, TRAIN);
    equal('continue', [found.unseen, found.timers], [found.whole, 0]);
    equal('pause', [found.still, found.seen], [true, found.whole.digest]);
    equal('abort while paused', found.aborted, 'AbortError');
  },
};
