// Where files come from and where they are kept: folders of all shapes, full disks, private windows, no network.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from './loading.mjs';
import { ask, compare, equal } from './native.mjs';
import { root } from './server.mjs';

const golden = (name) => join(root, 'tests/golden', name);
const ADAPTER = 'tiny-cases/double_seq_bn-flex';
const TEXTS = ['Good news, everyone!', 'unbelievably bad', 'Ünïcödé 漢字 and so on'];

/** Answers of an adapter on a backbone, both as `load` and `loadAdapter` take them. */
function classify(page, backbone, adapter, options = {}) {
  return page.evaluate(async ({ source, adapter, options, texts }) => {
    const files = async (names) => Promise.all(names.map(async ([path, name]) => {
      return new File([await (await fetch(path)).blob()], name);
    }));
    const from = typeof source === 'string' ? source : await files(source);
    const backbone = await window.graftwork.Backbone.load(from, { device: 'cpu', ...options });
    const loaded = await backbone.loadAdapter(adapter, options);
    const answers = await loaded.classify(texts);
    const { fingerprint } = backbone.info;
    backbone.dispose();
    return { fingerprint, logits: answers.map((answer) => answer.logits) };
  }, { source: backbone, adapter, options, texts: TEXTS });
}

const downloads = (server, from) => server.requests.slice(from).filter((path) => !path.startsWith('/dist/'));

export const checks = {
  async 'shards, vocab.txt, f16 and bf16, legacy names'({ page, server, program }) {
    const found = {};
    for (const name of ['tiny-bert', 'tiny-bert-legacy', 'tiny-bert-sharded']) {
      const native = await ask(program, ['predict'], TEXTS, golden(ADAPTER), golden(name));
      found[name] = await classify(page, `/golden/${name}/`, `/golden/${ADAPTER}/`);
      compare(name, found[name].logits, native.map((line) => line.logits), 1e-4);
      equal('fingerprint', found[name].fingerprint, found['tiny-bert'].fingerprint);
      const before = server.requests.length;
      equal('again', await classify(page, `/golden/${name}/`, `/golden/${ADAPTER}/`), found[name]);
      equal('requests of the second load', downloads(server, before), []);
      const files = (await readdir(golden(name))).map((file) => [`/golden/${name}/${file}`, file]);
      equal('as files', await classify(page, files, `/golden/${ADAPTER}/`, { worker: false }), found[name]);
    }
    const codes = await page.evaluate(async () => {
      const { Backbone } = window.graftwork;
      const get = async (path) => (await fetch(`/golden/tiny-bert-sharded/${path}`)).blob();
      const names = ['config.json', 'tokenizer.json', 'model.safetensors.index.json', 'model-00001-of-00003.safetensors'];
      const files = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await get(name)])));
      const fail = (changes) => window.failure(() => Backbone.load({ ...files, ...changes }, { device: 'cpu' }));
      const index = (text) => fail({ 'model.safetensors.index.json': new Blob([text]) });
      return [
        await fail({}), await index('x'), await index('{}'), await index('{"weight_map":{"a":"../x.safetensors"}}'),
        await fail({ 'tokenizer.json': 'x' }),
        await window.failure(() => Backbone.load('/golden/tiny-bert-sharded', { device: 'cpu', integrity: '0'.repeat(64) })),
      ];
    });
    equal('errors', codes, ['bad-option', 'bad-backbone', 'bad-backbone', 'bad-backbone', 'bad-option', 'network']);
  },

  async 'other architectures, and vocab.json with merges.txt'({ page, program }) {
    const cases = { 'tiny-roberta': 'roberta-cases', 'tiny-distilbert': 'distilbert-cases', 'tiny-electra': 'electra-cases' };
    for (const [backbone, adapters] of Object.entries(cases)) {
      const adapter = `${adapters}/seq_bn-static`;
      const native = (await ask(program, ['predict'], TEXTS, golden(adapter), golden(backbone))).map((line) => line.logits);
      const found = await classify(page, `/golden/${backbone}/`, `/golden/${adapter}/`);
      compare(backbone, found.logits, native, 1e-4);
      if (backbone !== 'tiny-roberta') continue;
      const files = ['config.json', 'model.safetensors', 'vocab.json', 'merges.txt', 'tokenizer_config.json'];
      const named = files.map((file) => [`/golden/${backbone}/${file}`, file]);
      equal('vocab.json', await classify(page, named, `/golden/${adapter}/`), found);
    }
  },

  async 'matrices in fewer bits'({ page }) {
    const load = (name, options) => classify(page, `/golden/${name}/`, `/golden/${ADAPTER}/`, options);
    const [own, wide] = [await load('tiny-bert-f16'), await load('tiny-bert-f16', { dtype: 'f32' })];
    equal('f16 and the same numbers in f32', own, wide);
    const [plain, rounded] = [await load('tiny-bert'), await load('tiny-bert', { dtype: 'f16' })];
    equal('numbers that are the same in both', rounded, plain);

    const found = await page.evaluate(async () => {
      const { Backbone } = window.graftwork;
      const bytes = async (dtype) => {
        const backbone = await Backbone.load('/golden/tiny-bert/', { device: 'gpu', dtype });
        const { gpuUsedBytes } = await backbone.memory();
        backbone.dispose();
        return gpuUsedBytes;
      };
      const all = await bytes(undefined);
      const [half, quarter] = [await bytes('f16') / all, await bytes('q8') / all];
      return [half > 0.4 && half < 0.6, quarter > 0.2 && quarter < 0.4, await window.failure(() => Backbone.load('/golden/tiny-bert/', { dtype: 'f8' }))];
    });
    equal('half the memory, a quarter, and a type that is none', found, [true, true, 'bad-option']);
    const near = await page.evaluate(async () => {
      const { Backbone } = window.graftwork;
      const vector = async (options) => {
        const backbone = await Backbone.load('/golden/tiny-bert/', options);
        const [values] = await backbone.embed(['see you at dinner']);
        backbone.dispose();
        return values;
      };
      const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
      const cosine = (a, b) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
      const whole = await vector({ device: 'cpu' });
      const [cpu, gpu] = [await vector({ device: 'cpu', dtype: 'q8' }), await vector({ device: 'gpu', dtype: 'q8' })];
      return [cosine(cpu, whole), cosine(gpu, whole), cosine(cpu, gpu)];
    });
    equal('vectors of 8-bit integers are near', near.map((cosine) => cosine > 0.998 && cosine < 1.000001), [true, true, true]);
  },

  async 'the module that the engine knows the instructions of'({ page, server }) {
    const asked = server.requests.length;
    const [relaxed, basic] = await page.evaluate(async () => {
      const { Backbone } = window.graftwork;
      const vectors = async (options) => {
        const all = [];
        for (const dtype of ['f32', 'q8']) {
          const backbone = await Backbone.load('/golden/tiny-bert/', { ...options, device: 'cpu', dtype });
          all.push(...(await backbone.embed(['see you at dinner', 'WIN a free phone']))[0]);
          backbone.dispose();
        }
        return all;
      };
      const inWorker = await vectors({ worker: true });
      WebAssembly.validate = () => false;
      return [inWorker, await vectors({ worker: false })];
    });
    const modules = server.requests.slice(asked).filter((path) => path.endsWith('.wasm')).map((path) => path.split('/').at(-1));
    equal('modules', [...new Set(modules)], ['graftwork_web_relaxed.wasm', 'graftwork_web_bg.wasm']);
    const half = relaxed.length / 2;
    const furthest = (from, to) => Math.max(...relaxed.slice(from, to).map((value, i) => Math.abs(value - basic[from + i])));
    const [f32, q8] = [furthest(0, half), furthest(half)];
    equal(`f32 ${f32}, q8 ${q8}`, [f32 < 1e-5, q8 > 0 && q8 < 0.2], [true, true]);
    return `largest difference ${f32.toExponential(1)} in f32, ${q8.toExponential(1)} in q8`;
  },

  async 'a server that has a page for every address'({ page, server: { shelf } }) {
    await shelf.putBackbone('app');
    const html = { type: 'text/html; charset=utf-8' };
    shelf.put('app/tokenizer_config.json', Buffer.from('<!doctype html>'), html);
    const found = await load(page, '/shelf/app');
    equal('error', found.code, undefined);
    shelf.put('nothing/config.json', Buffer.from('<!doctype html>'), html);
    equal('error', (await load(page, '/shelf/nothing')).code, 'network');
  },

  async 'adapters by folder and hub id'({ page, server, program }) {
    const { address, shelf } = server;
    const native = await ask(program, ['predict'], TEXTS, golden(ADAPTER));
    const hub = { endpoint: `${address}hub`, revision: 'v1' };
    for (const source of [`/golden/${ADAPTER}/`, `${address}golden/${ADAPTER}/`, 'graft/adapter']) {
      const { logits } = await classify(page, 'graft/tiny', source, hub);
      compare(source, logits, native.map((line) => line.logits), 1e-4);
    }
    // AdapterHub's older form.
    const bin = await readFile(golden('tiny-cases/ln_before/pytorch_adapter.bin'));
    shelf.put('bin/pytorch_adapter.bin', bin);
    for (const name of ['adapter_config.json', 'head_config.json', 'model_head.safetensors']) {
      shelf.put(`bin/${name}`, await readFile(golden(`tiny-cases/ln_before/${name}`)));
    }
    const expected = await ask(program, ['predict'], TEXTS, golden('tiny-cases/ln_before'));
    const { logits } = await classify(page, '/golden/tiny-bert/', '/shelf/bin/');
    compare('.bin', logits, expected.map((line) => line.logits), 1e-4);
    const before = server.requests.length;
    await classify(page, '/golden/tiny-bert/', '/shelf/bin/');
    equal('requests of the second load', downloads(server, before), []);
    const codes = await page.evaluate(async (hub) => {
      const backbone = await window.graftwork.Backbone.load('/golden/tiny-bert/', { device: 'cpu' });
      const fail = (source, options) => window.failure(() => backbone.loadAdapter(source, { ...hub, ...options }));
      return [
        await fail('/golden/tiny-bert/'), await fail('graft/nobody'), await fail('golden/x.safetensors'),
        await fail('graft/adapter', { integrity: '0'.repeat(64) }), await fail({ 'adapter_config.json': 'x' }),
      ];
    }, hub);
    equal('errors', codes, ['network', 'network', 'network', 'integrity', 'bad-option']);
  },

  async 'works offline afterwards'({ page }) {
    const options = { worker: false };
    const first = await classify(page, '/golden/tiny-bert-legacy/', `/golden/${ADAPTER}/`, options);
    await page.context().setOffline(true);
    equal('online', await page.evaluate(() => fetch('/').then(() => true, () => false)), false);
    equal('answers', await classify(page, '/golden/tiny-bert-legacy/', `/golden/${ADAPTER}/`, options), first);
    equal('what is not cached', (await load(page, '/golden/tiny-bert-sharded/', options)).code, 'network');
  },

  async 'a full disk'({ page, server: { shelf, address } }) {
    await shelf.putBackbone('full');
    const devtools = await page.context().newCDPSession(page);
    const origin = new URL(address).origin;
    const room = (quotaSize) => devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize });
    const kept = () => page.evaluate(async () => {
      const cache = await caches.open(window.graftwork.CACHE_NAME);
      return (await cache.keys()).filter((request) => request.url.includes('full/model')).length;
    });
    await room(3 << 20);
    for (const worker of [true, false]) {
      equal('error', (await load(page, '/shelf/full', { worker })).code, 'quota');
      equal('leftovers', await kept(), 0);
      const found = await load(page, '/shelf/full', { worker, cache: false });
      equal('without the cache', [found.code, found.last?.cached], [undefined, false]);
    }
    const state = await page.evaluate(() => window.graftwork.storage());
    // Chromium tells no page what its quota really is.
    equal('storage', [state.usage < state.quota, state.cache, state.persisted], [true, true, false]);
    await room(1 << 30);
    await page.evaluate(() => {
      window.asked = 0;
      StorageManager.prototype.persist = async () => (window.asked += 1) > 0;
    });
    const asked = [];
    for (const persist of [undefined, true]) {
      equal('with room again', (await load(page, '/shelf/full', { persist })).code, undefined);
      asked.push(await page.evaluate(() => window.asked));
    }
    equal('asked to persist', asked, [0, 1]);
  },

  async 'a browser that keeps nothing'({ page, server }) {
    // An address without https has neither cache nor locks, in the worker either.
    const context = await page.context().browser().newContext();
    try {
      await context.route('http://insecure.test/**', async (route) => {
        const address = route.request().url().replace('http://insecure.test/', server.address);
        await route.fulfill({ response: await route.fetch({ url: address }) });
      });
      const insecure = await context.newPage();
      await insecure.goto('http://insecure.test/');
      await insecure.waitForFunction(() => window.ready, null, { timeout: 60_000 });
      equal('caches', await insecure.evaluate(() => typeof caches), 'undefined');
      for (const worker of [true, false]) {
        const found = await load(insecure, '/golden/tiny-bert/', { worker });
        equal('load', [found.code, found.last?.cached], [undefined, false]);
      }
      const state = await insecure.evaluate(() => Promise.all([window.graftwork.storage(), window.graftwork.clearCache()]));
      equal('storage', [state[0].cache, state[0].persisted, state[1]], [false, false, 0]);
    } finally {
      await context.close();
    }
    // Firefox has it in private windows, but throws.
    await page.evaluate(() => {
      CacheStorage.prototype.open = () => Promise.reject(new DOMException('The operation is insecure.', 'SecurityError'));
    });
    const found = await load(page, '/golden/tiny-bert/', { worker: false });
    equal('load', [found.code, found.last?.cached], [undefined, false]);
    equal('support', (await page.evaluate(() => window.graftwork.isSupported())).cache, false);
  },

  async 'the cache can be emptied, and holds what others left'({ page, server }) {
    const hub = { endpoint: `${server.address}hub`, revision: 'v1' };
    // What an earlier version would have left, and nonsense under our own names.
    await page.evaluate(async () => {
      const cache = await caches.open(window.graftwork.CACHE_NAME);
      const weights = new URL('/golden/tiny-bert/model.safetensors', location.href).href;
      for (const key of [weights, `${weights}?graftwork=`, `${weights}?graftwork=&graftwork-part=x.0`]) await cache.put(key, new Response('old'));
    });
    const before = server.requests.length;
    equal('error', (await load(page, '/golden/tiny-bert/')).code, undefined);
    equal('weights', downloads(server, before).filter((path) => path.endsWith('model.safetensors')).length, 1);
    await load(page, 'graft/tiny', hub);
    await load(page, '/golden/tiny-bert-sharded');
    const clear = (source, options) => page.evaluate(({ source, options }) => {
      return window.graftwork.clearCache(source, options);
    }, { source, options });
    const stored = (source, options) => page.evaluate(({ source, options }) => window.graftwork.isStored(source, options), { source, options });
    const all = () => Promise.all([stored('/golden/tiny-bert'), stored('/golden/tiny-bert-sharded/'), stored('graft/tiny', hub), stored('/golden/tiny')]);
    equal('stored', await all(), [true, true, true, false]);
    equal('under another digest', await stored('/golden/tiny-bert', { integrity: { 'model.safetensors': '0'.repeat(64) } }), false);
    await page.evaluate(async () => {
      const cache = await caches.open(window.graftwork.CACHE_NAME);
      const keys = (await cache.keys()).map(({ url }) => url);
      // Of one a piece, of the other a whole shard.
      await cache.delete(keys.find((url) => url.includes('/tiny-bert/model.safetensors') && /graftwork-part=(?!x)/.test(url)));
      for (const url of keys.filter((url) => url.includes('/model-00002'))) await cache.delete(url);
    });
    equal('stored in part', await all(), [false, false, true, false]);
    await load(page, '/golden/tiny-bert/');
    await load(page, '/golden/tiny-bert-sharded');
    equal('stored again', await all(), [true, true, true, false]);
    equal('no such folder', await clear('/golden/tiny'), 0);
    equal('a file', await clear('/golden/tiny-bert/config.json'), 1);
    equal('a folder', await clear('/golden/tiny-bert'), 3);
    equal('a hub id', await clear('graft/tiny', hub), 4);
    equal('the rest', await clear(), 6);
    const left = await page.evaluate(async () => (await (await caches.open(window.graftwork.CACHE_NAME)).keys()).length);
    equal('left', left, 0);
  },
};
