// The backbone's and an adapter's tensors for libraries that read no model themselves, and what is the same for them.

/** Tensors of a safetensors file by name: { shape, data }. */
async function safetensors(url) {
  const bytes = await (await fetch(url)).arrayBuffer();
  const length = Number(new DataView(bytes).getBigUint64(0, true));
  const { __metadata__: _, ...header } = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
  const floats = Object.entries(header).filter(([, { dtype }]) => dtype === 'F32');
  return Object.fromEntries(floats.map(([name, { shape, data_offsets: [from, to] }]) => {
    return [name, { shape, data: new Float32Array(bytes.slice(8 + length + from, 8 + length + to)) }];
  }));
}

/** PyTorch keeps a matrix as rows of outputs; here it is wanted the other way round. */
function turned({ shape: [rows, cols], data }) {
  const out = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) out[j * rows + i] = data[i * cols + j];
  return { shape: [cols, rows], data: out };
}

/**
 * The model: `config`, and the frozen tensors by the names of their modules, linear ones turned. `make` makes a tensor of
 * the library's from { shape, data }.
 */
export async function frozen(model, make) {
  const hub = `/hub/${model}/resolve/main`;
  const config = await (await fetch(`${hub}/config.json`)).json();
  const found = await safetensors(`${hub}/model.safetensors`);
  const module = (name) => {
    const [weight, bias] = [found[`${name}.weight`], found[`${name}.bias`]];
    const linear = weight.shape.length === 2 && bias !== undefined;
    return { weight: make(linear ? turned(weight) : weight), ...(bias && { bias: make(bias) }) };
  };
  const layers = Array.from({ length: config.num_hidden_layers }, (_, i) => {
    const names = ['attention.self.query', 'attention.self.key', 'attention.self.value', 'attention.output.dense',
      'attention.output.LayerNorm', 'intermediate.dense', 'output.dense', 'output.LayerNorm'];
    return Object.fromEntries(names.map((name) => [name, module(`encoder.layer.${i}.${name}`)]));
  });
  const tables = ['word_embeddings', 'position_embeddings', 'token_type_embeddings', 'LayerNorm'];
  return { config, layers, embeddings: Object.fromEntries(tables.map((name) => [name, module(`embeddings.${name}`)])) };
}

/** The tensors that learn, in a fixed order: of each place down and up, then the head's two layers. */
export async function learned(make, layers) {
  const adapter = await safetensors('/adapters/first/adapter.safetensors');
  const head = await safetensors('/adapters/first/model_head.safetensors');
  const linear = (from, name) => ({ weight: make(turned(from[`${name}.weight`])), bias: make(from[`${name}.bias`]) });
  const places = Array.from({ length: layers }, (_, i) => ['attention.output', 'output'].map((place) => {
    const at = `bert.encoder.layer.${i}.${place}.adapters.first`;
    return { down: linear(adapter, `${at}.adapter_down.0`), up: linear(adapter, `${at}.adapter_up`) };
  }));
  return { places, head: [linear(head, 'heads.first.1'), linear(head, 'heads.first.4')] };
}

/** Loads a classic script, as a page does from a CDN. */
export function script(src) {
  return new Promise((resolve, reject) => {
    document.head.append(Object.assign(document.createElement('script'), { src, onload: resolve, onerror: reject }));
  });
}
