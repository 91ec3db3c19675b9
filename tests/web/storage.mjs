// Where runs are saved: two tabs, damaged saves, storage that is full or missing.
import { equal } from './native.mjs';
import { AT_ONCE, TRAIN, hold, ready } from './runs.mjs';

export const checks = {
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
      const calls = [() => backbone.resume('run'), () => deleteRun('run'), begin];
      return [running, ...(await Promise.all(calls.map(failure)))];
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
      const codes = {
        'no such run': await resume('nothing'),
        'deleting nothing': await failure(() => deleteRun('nothing')),
      };
      await save();
      const bytes = async (name) => new Uint8Array(await (await fetch(`/golden/tiny-bert/${name}`)).arrayBuffer());
      const names = ['config.json', 'tokenizer.json', 'model.safetensors'];
      const [config, tokenizer, weights] = await Promise.all(names.map(bytes));
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
};
