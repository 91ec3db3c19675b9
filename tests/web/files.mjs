// Downloads, the cache, and files that are not what they should be.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { equal, tinyBert } from './native.mjs';

const NAMES = ['config.json', 'tokenizer.json', 'model.safetensors'];

export const checks = {
  async 'a second load takes no request'({ page, server }) {
    const digests = await Promise.all(NAMES.map(async (name) => {
      return [name, createHash('sha256').update(await readFile(join(tinyBert, name))).digest('hex')];
    }));
    const load = (integrity) => page.evaluate(async ({ integrity, hub }) => {
      const progress = [];
      const options = { device: 'cpu', endpoint: hub, revision: 'v1', integrity, onProgress: (at) => progress.push(at) };
      const backbone = await window.graftwork.Backbone.load('graft/tiny', options);
      backbone.dispose();
      const download = progress.filter((at) => at.phase === 'download');
      return { last: download.at(-1), cached: download.every((at) => at.cached), done: progress.at(-1) };
    }, { integrity, hub: `${server.address}hub` });
    for (const integrity of [undefined, Object.fromEntries(digests)]) {
      const first = await load(integrity);
      equal('progress', [first.cached, first.last.loaded, first.done.loaded], [false, first.last.total, 1]);
      const before = server.requests.length;
      const second = await load(integrity);
      const asked = server.requests.slice(before).filter((path) => !path.startsWith('/dist/'));
      equal('requests of the second load', asked, []);
      equal('cached', second.cached, true);
    }
  },

  async 'a wrong digest is refused and not kept'({ page, server }) {
    const digest = '0'.repeat(64);
    const load = () => page.evaluate((integrity) => window.failure(() => {
      return window.graftwork.Backbone.load('/golden/tiny-bert', { device: 'cpu', integrity });
    }), digest);
    equal('code', await load(), 'integrity');
    const before = server.requests.length;
    equal('code', await load(), 'integrity');
    const asked = server.requests.slice(before).filter((path) => path.endsWith('model.safetensors'));
    equal('downloads of the weights', asked.length, 1);
  },

  async 'errors have codes'({ page }) {
    const found = await page.evaluate(async () => {
      const { Backbone } = window.graftwork;
      const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
      const [config, tokenizer, weights] = await Promise.all(['config.json', 'tokenizer.json', 'model.safetensors']
        .map((name) => bytes(`/golden/tiny-bert/${name}`)));
      const files = { config, tokenizer, weights };
      const other = { ...files, weights: weights.map((byte, i) => (i === weights.length - 1 ? byte ^ 1 : byte)) };
      const device = 'cpu';
      const load = (source, options) => window.failure(() => Backbone.load(source, { device, ...options }));
      const codes = {
        'no such folder': await load('/golden/nothing/'),
        'cut download': await load('/cut/tiny-bert/'),
        'cut weights': await load({ ...files, weights: weights.subarray(0, 5000) }),
        'config is no JSON': await load({ ...files, config: weights }),
        'tokenizer is no JSON': await load({ ...files, tokenizer: new Blob(['x']) }),
        'no weights': await load({ config, tokenizer }),
        'unknown device': await load(files, { device: 'tpu' }),
        'another digest of a file': await load(files, { integrity: '0'.repeat(64) }),
        'no digest': await load('/golden/tiny-bert', { integrity: 'abc' }),
      };
      const backbone = await Backbone.load(files, { device });
      const stranger = await Backbone.load(other, { device });
      const own = await stranger.createAdapter({ labels: ['a', 'b'] });
      const file = await own.export();
      const fail = (work) => window.failure(work);
      const adapter = await backbone.createAdapter({ labels: ['a', 'b'] });
      const example = { text: 'x', label: 'a' };
      const train = (examples, options) => fail(async () => {
        for await (const step of adapter.train(examples, options)) void step;
      });
      Object.assign(codes, {
        'bad adapter': await fail(() => backbone.loadAdapter(config)),
        'no adapter': await fail(() => backbone.loadAdapter('/golden/nothing.safetensors')),
        'adapter of another backbone': await fail(() => backbone.loadAdapter(file)),
        'taken all the same': await fail(() => backbone.loadAdapter(file, { anyBackbone: true })),
        'one label': await fail(() => backbone.createAdapter({ labels: ['a'] })),
        'unknown method': await fail(() => backbone.createAdapter({ labels: ['a', 'b'], method: { type: 'x' } })),
        'unknown option': await train([example], { epoch: 3 }),
        'option out of range': await train([example], { lr: -1 }),
        'two sizes of a batch': await train([example], { batchSize: 8, batchTokens: 64 }),
        'no patience': await train([example], { patience: 0 }),
        'no examples': await train([], {}),
        'unknown label': await train([{ text: 'x', label: 'c' }], {}),
        'example without a text': await train([{ label: 'a' }], {}),
        'texts are no list': await fail(() => adapter.classify('x')),
        'max length': await fail(() => adapter.classify(['x'], { maxLength: 1000 })),
        'diverged': await train([example], { lr: 1e30, clip: 0, warmupRatio: 0, epochs: 9 }),
      });
      adapter.dispose();
      codes['adapter disposed of'] = await fail(() => adapter.classify(['x']));
      backbone.dispose();
      codes['backbone disposed of'] = await fail(() => backbone.memory());
      return codes;
    });
    equal('codes', found, {
      'no such folder': 'network',
      'cut download': 'network',
      'cut weights': 'bad-backbone',
      'config is no JSON': 'bad-backbone',
      'tokenizer is no JSON': 'bad-backbone',
      'no weights': 'bad-option',
      'unknown device': 'bad-option',
      'another digest of a file': 'integrity',
      'no digest': 'bad-option',
      'bad adapter': 'bad-adapter',
      'no adapter': 'network',
      'adapter of another backbone': 'wrong-backbone',
      'taken all the same': 'nothing was thrown',
      'one label': 'bad-option',
      'unknown method': 'bad-option',
      'unknown option': 'bad-option',
      'option out of range': 'bad-option',
      'two sizes of a batch': 'bad-option',
      'no patience': 'bad-option',
      'no examples': 'bad-examples',
      'unknown label': 'bad-examples',
      'example without a text': 'bad-examples',
      'texts are no list': 'bad-option',
      'max length': 'bad-option',
      'diverged': 'diverged',
      'adapter disposed of': 'disposed',
      'backbone disposed of': 'disposed',
    });
    return `${Object.keys(found).length} cases`;
  },
};
