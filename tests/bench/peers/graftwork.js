// graftwork as its README shows it: in a worker. With `adapter`, the first answer is a label.
import { Backbone } from '/graftwork/index.js';

export async function open({ model, device, adapter }, text) {
  const backbone = await Backbone.load(model, { endpoint: `${location.origin}/hub`, device });
  const embed = (texts) => backbone.embed(texts, { normalize: true });
  if (adapter === undefined) {
    await embed([text]);
  } else {
    const files = ['adapter_config.json', 'adapter.safetensors', 'head_config.json', 'model_head.safetensors'];
    const bytes = async (name) => [name, await (await fetch(`/golden/${adapter}/${name}`)).arrayBuffer()];
    const mine = await backbone.loadAdapter(Object.fromEntries(await Promise.all(files.map(bytes))));
    await mine.classify([text]);
  }
  return { embed, device: backbone.info.device };
}
