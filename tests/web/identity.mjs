// What the cache knows of weights: which they are without hashing all of them, and when that is not to be believed.
import { equal } from './native.mjs';
import { hooked } from './inside.mjs';

const WORDS = 'embeddings.word_embeddings.weight';

/** Loads on the CPU: the fingerprint. */
function load(page, source, options) {
  return page.evaluate(async ({ source, options }) => {
    const backbone = await window.graftwork.Backbone.load(source, { device: 'cpu', ...options });
    const { fingerprint } = backbone.info;
    backbone.dispose();
    return fingerprint;
  }, { source, options });
}

/** The note beside a file in the cache; with `identity`, after that took the place of the one there. */
function note(page, file, identity) {
  return page.evaluate(async ({ file, identity }) => {
    const cache = await caches.open(window.graftwork.CACHE_NAME);
    const key = new URL(`${file}?graftwork=`, location.href).href;
    const note = await (await cache.match(key)).json();
    if (identity !== undefined) await cache.put(key, new Response(JSON.stringify({ ...note, identity })));
    return note;
  }, { file, identity });
}

/** Flips the lowest bit of a byte of a file in the cache. */
function damage(page, file, at) {
  return page.evaluate(async ({ file, at }) => {
    const cache = await caches.open(window.graftwork.CACHE_NAME);
    const [key] = (await cache.keys()).filter(({ url }) => url.includes(`${file}?`) && url.endsWith('.0'));
    const bytes = new Uint8Array(await (await cache.match(key)).arrayBuffer());
    bytes[at] ^= 1;
    await cache.put(key, new Response(bytes));
  }, { file, at });
}

/** Where a value of the table of words is in a file. */
function place(weights, value) {
  const length = Number(weights.readBigUInt64LE());
  const header = JSON.parse(weights.subarray(8, 8 + length));
  return 8 + length + header[WORDS].data_offsets[0] + 4 * value;
}

/** Another identity with the same sample: whoever gives it has hashed no more than the sample. */
function pretended(identity) {
  const [fingerprint, words, sample] = identity.split(' ');
  return { identity: [words, fingerprint, sample].join(' '), fingerprint: words };
}

export const checks = {
  async 'identity: the second load hashes a sample'({ page, server }) {
    const { shelf } = server;
    await shelf.putBackbone('known');
    const file = '/shelf/known/model.safetensors';
    for (const worker of [true, false]) {
      await page.evaluate(() => window.graftwork.clearCache());
      const first = await load(page, '/shelf/known', { worker });
      const { identity } = await note(page, file);
      equal('kept', identity.split(' ').map((part) => part.length), [64, 64, 64]);
      equal('kept', identity.startsWith(first), true);
      const before = server.requests.length;
      equal('the second load', await load(page, '/shelf/known', { worker }), first);
      equal('kept', (await note(page, file)).identity, identity);
      const other = pretended(identity);
      await note(page, file, other.identity);
      equal('what is kept is believed', await load(page, '/shelf/known', { worker }), other.fingerprint);
      equal('verify', await load(page, '/shelf/known', { worker, verify: true }), first);
      equal('what was found is kept', (await note(page, file)).identity, identity);
      for (const nonsense of ['', 'x', `${identity} x`, 7]) {
        await note(page, file, nonsense);
        equal('nonsense is not', await load(page, '/shelf/known', { worker }), first);
      }
      equal('requests', server.requests.slice(before).filter((path) => path.startsWith('/shelf/')), []);
      await note(page, file, other.identity);
      equal('without the cache', await load(page, '/shelf/known', { worker, cache: false }), first);
    }
  },

  async 'identity: weights that were changed in the cache'({ page, server }) {
    const { shelf } = server;
    const weights = await shelf.putBackbone('changed-there');
    const folder = '/shelf/changed-there';
    const file = `${folder}/model.safetensors`;
    const first = await load(page, folder);
    const changed = async (value) => {
      const at = place(weights, value);
      weights[at] ^= 1;
      await damage(page, file, at);
      // Elsewhere, where no cache knows anything.
      await shelf.putBackbone(`changed-${value}`);
      shelf.put(`changed-${value}/model.safetensors`, Buffer.from(weights));
      return load(page, `/shelf/changed-${value}`, { cache: false });
    };
    const [inside, outside] = [255, 256];
    const second = await changed(inside);
    equal('in the sample', [await load(page, folder), second === first], [second, false]);
    const third = await changed(outside);
    const before = server.requests.length;
    equal('outside of it', [await load(page, folder), third === second], [second, false]);
    equal('outside of it, verified', await load(page, folder, { verify: true }), third);
    equal('afterwards', await load(page, folder), third);
    equal('requests', server.requests.slice(before).filter((path) => path.startsWith('/shelf/')), []);
  },

  async 'identity: adapters of the first load are good with the second'({ page, server }) {
    for (const source of ['/golden/tiny-bert', '/golden/tiny-bert-sharded']) {
      const found = await page.evaluate(async (source) => {
        const texts = ['Good news, everyone!', 'unbelievably bad'];
        const { Backbone } = window.graftwork;
        const first = await Backbone.load(source, { device: 'cpu' });
        const own = await first.createAdapter({ labels: ['ham', 'spam'] });
        const examples = texts.map((text, i) => ({ text, label: ['ham', 'spam'][i] }));
        for await (const step of own.train(examples, { epochs: 2, lr: 0.01 })) void step;
        const [file, answers] = [await own.export(), await own.classify(texts)];
        first.dispose();
        const second = await Backbone.load(source, { device: 'cpu' });
        const again = await (await second.loadAdapter(file)).classify(texts);
        second.dispose();
        return [answers, again].map((all) => JSON.stringify(all));
      }, source);
      equal('answers', found[1], found[0]);
    }
    const { identity } = await note(page, '/golden/tiny-bert-sharded/model.safetensors.index.json');
    const other = pretended(identity);
    await note(page, '/golden/tiny-bert-sharded/model.safetensors.index.json', other.identity);
    equal('of shards', await load(page, '/golden/tiny-bert-sharded'), other.fingerprint);
  },

  async 'identity: other workers are told'({ page }) {
    const texts = Array.from({ length: 60 }, (_, i) => `a text of some words, number ${i}`);
    const worker = await hooked(page, {}, 'others.js', () => page.evaluate(async () => {
      window.backbone = await window.graftwork.Backbone.load('/golden/tiny-bert', { device: 'cpu', threads: 2 });
    }));
    const fingerprint = await page.evaluate(async (texts) => {
      await window.backbone.embed(texts);
      return window.backbone.info.fingerprint;
    }, texts);
    const { known } = await worker.evaluate(() => globalThis.others.load);
    equal('what they are told', known.split(' ')[0], fingerprint);
  },
};
