// Two bottleneck adapters of width 64 after attention and feed-forward, each with a head of two labels, as AdapterHub lays
// them out: the weights that every trainer begins with.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { random } from './work.mjs';

const WIDTH = 64;

/** Writes the folders `first` and `second` into `folder`; returns their paths. */
export async function makeAdapters(folder, model) {
  const { hidden_size: d, num_hidden_layers: layers } = JSON.parse(await readFile(join(model, 'config.json'), 'utf8'));
  const make = async (name, seed) => {
    const normal = normals(seed);
    const tensor = (shape) => ({ shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => 0.02 * normal()) });
    const adapter = {};
    for (let layer = 0; layer < layers; layer++) {
      for (const place of ['attention.output', 'output']) {
        const at = `bert.encoder.layer.${layer}.${place}.adapters.${name}`;
        adapter[`${at}.adapter_down.0.weight`] = tensor([WIDTH, d]);
        adapter[`${at}.adapter_down.0.bias`] = tensor([WIDTH]);
        adapter[`${at}.adapter_up.weight`] = tensor([d, WIDTH]);
        adapter[`${at}.adapter_up.bias`] = tensor([d]);
      }
    }
    const head = { 1: [d, d], 4: [2, d] };
    const heads = Object.fromEntries(Object.entries(head).flatMap(([at, shape]) => [
      [`heads.${name}.${at}.weight`, tensor(shape)], [`heads.${name}.${at}.bias`, tensor(shape.slice(0, 1))],
    ]));
    const about = {
      hidden_size: d, model_class: 'BertAdapterModel', model_name: 'sentence-transformers/all-MiniLM-L6-v2', model_type: 'bert',
      name, version: 'adapters.1.3.0',
    };
    const files = {
      // AdapterHub refuses a scaling that Python reads as an integer.
      'adapter_config.json': JSON.stringify({ ...about, config: configuration(d) }).replace('"scaling":1,', '"scaling":1.0,'),
      'adapter.safetensors': safetensors(adapter),
      'head_config.json': JSON.stringify({ ...about, config: HEAD }),
      'model_head.safetensors': safetensors(heads),
    };
    const own = join(folder, name);
    await mkdir(own, { recursive: true });
    for (const [file, bytes] of Object.entries(files)) await writeFile(join(own, file), bytes);
    return own;
  };
  return [await make('first', 1), await make('second', 2)];
}

/** AdapterHub's `DoubleSeqBnConfig`, as it writes it. */
const configuration = (d) => ({
  adapter_residual_before_ln: false, cross_adapter: false, dropout: 0, init_weights: 'bert', inv_adapter: null,
  inv_adapter_reduction_factor: null, is_parallel: false, leave_out: [], ln_after: false, ln_before: false, mh_adapter: true,
  non_linearity: 'swish', original_ln_after: true, original_ln_before: false, output_adapter: true, phm_layer: false,
  reduction_factor: d / WIDTH, residual_before_ln: true, scaling: 1, stochastic_depth: 0, use_gating: false,
});

const HEAD = {
  activation_function: 'tanh', bias: true, dropout_prob: 0, head_type: 'classification', label2id: { no: 0, yes: 1 }, layers: 2,
  num_labels: 2, use_pooler: false,
};

function normals(seed) {
  const next = random(seed);
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

function safetensors(tensors) {
  const header = { __metadata__: { format: 'pt' } };
  let size = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [size, (size += data.byteLength)] };
  }
  const json = Buffer.from(JSON.stringify(header));
  // The numbers begin at a multiple of eight bytes.
  const padded = Buffer.concat([json, Buffer.alloc(-json.length & 7, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, ...Object.values(tensors).map(({ data }) => Buffer.from(data.buffer))]);
}
