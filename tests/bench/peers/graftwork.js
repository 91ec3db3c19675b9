// graftwork as its README shows it: in a worker. With `first: 'label'`, the first answer is an adapter's.
import { Backbone } from '/graftwork/index.js';

const FILES = ['adapter_config.json', 'adapter.safetensors', 'head_config.json', 'model_head.safetensors'];

export async function open({ model, device, dtype, threads, first }, text) {
  const choice = { device, dtype, threads: threads && Number(threads) };
  const backbone = await Backbone.load(model, { endpoint: `${location.origin}/hub`, ...choice });
  const load = async (name) => {
    const bytes = async (file) => [file, await (await fetch(`/adapters/${name}/${file}`)).arrayBuffer()];
    return backbone.loadAdapter(Object.fromEntries(await Promise.all(FILES.map(bytes))));
  };
  if (first === 'label') await (await load('first')).classify([text]);
  else await backbone.embed([text]);
  return {
    embed: (texts) => backbone.embed(texts, { normalize: true }),
    async* train({ texts, labels, rate }, steps) {
      const mine = await load('first');
      const examples = texts.map((text, i) => ({ text, label: mine.labels[labels[i]] }));
      const settings = {
        epochs: steps, batchSize: texts.length, lr: rate, schedule: 'constant', warmupRatio: 0, weightDecay: 0, clip: 0,
        shuffle: false, keepMib: 0,
      };
      for await (const { loss } of mine.train(examples, settings)) yield loss;
      mine.dispose();
    },
    async adapters() {
      const both = [await load('first'), await load('second')];
      return both.map((adapter) => (text) => adapter.classify([text]));
    },
    memory: async () => (await backbone.memory()).wasmBytes,
  };
}
