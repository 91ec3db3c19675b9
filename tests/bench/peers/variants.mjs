// Who is measured: a line each. Everything else takes them from here.
//
// place: `browser` or `native`. peer: the file of this folder that speaks to it, without its ending (`bench` is graftwork's
// own program). does: embed (the cases and their growth), train, alternate (two adapters in turns). least: the cosine that
// its vectors have to ours at least. against: whom ours is compared with, by what it does. isolated: whether the page may
// share memory, which threads want.

const cpu = { place: 'browser', peer: 'graftwork', device: 'cpu', threads: 1 };
const gpu = { place: 'browser', peer: 'graftwork', device: 'gpu' };
const ort = { place: 'browser', peer: 'transformers', device: 'wasm', does: ['embed'] };
const native = { place: 'native', peer: 'bench', does: ['embed', 'train', 'alternate'] };
const python = { place: 'native', python: true };
const EXACT = 0.9999;
/** Our eight bits. */
const NEAR = 0.99;
/** Eight bits of others: transformers.js' own file is at 0.97, and less on texts that are no sentences. */
const ROUGH = 0.9;

/** On `threads` threads where it can be said how many. */
const on = (threads) => `${threads} thread${threads > 1 ? 's' : ''}`;

/** All variants, those that can be told how many threads to take once for each number. */
export function variants(threads) {
  const each = (make) => threads.map((n) => ({ threads: n, isolated: n > 1, ...make(on(n)) }));
  return [
    // Ours. An option of `Backbone.load` more is a line more.
    { ...cpu, name: 'graftwork, CPU', does: ['embed', 'train', 'alternate'], least: EXACT,
      against: { embed: 'transformers.js wasm f32, 1 thread', train: 'TensorFlow.js wasm, 1 thread' } },
    ...threads.filter((n) => n > 1).map((n) => ({ ...cpu, threads: n, name: `graftwork, CPU, ${on(n)}`, does: ['embed', 'train'], least: EXACT,
      against: { embed: `transformers.js wasm f32, ${on(n)}`, train: 'TensorFlow.js wasm, 1 thread' } })),
    ...threads.map((n) => ({ ...cpu, threads: n, name: `graftwork, CPU q8, ${on(n)}`, dtype: 'q8', does: ['embed', 'train'], least: NEAR,
      against: { embed: `transformers.js wasm q8, ${on(n)}`, train: 'TensorFlow.js wasm, 1 thread' } })),
    { ...cpu, name: 'graftwork, CPU, first label', does: [], first: 'label', against: { start: 'transformers.js wasm f32, 1 thread' } },
    { ...cpu, name: 'graftwork, CPU f16', dtype: 'f16', does: ['embed', 'train'], least: 0.999,
      against: { embed: 'transformers.js wasm f32, 1 thread', train: 'TensorFlow.js wasm, 1 thread' } },
    { ...gpu, name: 'graftwork, WebGPU', does: ['embed', 'train', 'alternate'], least: EXACT,
      against: { embed: 'transformers.js WebGPU', train: 'jax-js WebGPU' } },
    ...each((n) => ({ ...native, name: `graftwork native, ${n}`, least: EXACT,
      against: { embed: `ONNX Runtime f32, ${n}`, train: `AdapterHub, ${n}`, alternate: `AdapterHub, ${n}` } })),

    ...each((n) => ({ ...native, name: `graftwork native q8, ${n}`, dtype: 'q8', least: NEAR,
      against: { embed: `ONNX Runtime q8, ${n}`, train: `AdapterHub, ${n}`, alternate: `AdapterHub, ${n}` } })),

    // Browsers' peers.
    ...each((n) => ({ ...ort, name: `transformers.js wasm f32, ${n}`, dtype: 'fp32', least: EXACT })),
    ...each((n) => ({ ...ort, name: `transformers.js wasm q8, ${n}`, dtype: 'q8', least: ROUGH })),
    { ...ort, name: 'transformers.js WebGPU', device: 'webgpu', dtype: 'fp32', least: EXACT },
    ...each((n) => ({ place: 'browser', peer: 'tensorflow', device: 'wasm', name: `TensorFlow.js wasm, ${n}`, does: ['train'] })),
    { place: 'browser', peer: 'tensorflow', device: 'webgpu', name: 'TensorFlow.js WebGPU', does: ['train'] },
    ...each((n) => ({ place: 'browser', peer: 'jax', device: 'wasm', name: `jax-js wasm, ${n}`, does: ['train'] })),
    { place: 'browser', peer: 'jax', device: 'webgpu', name: 'jax-js WebGPU', does: ['train'] },

    // Native peers.
    ...each((n) => ({ ...python, peer: 'onnx_runtime', name: `ONNX Runtime f32, ${n}`, dtype: 'f32', does: ['embed'], least: EXACT })),
    ...each((n) => ({ ...python, peer: 'onnx_runtime', name: `ONNX Runtime q8, ${n}`, dtype: 'q8', does: ['embed'], least: ROUGH })),
    ...each((n) => ({ ...python, peer: 'pytorch', name: `PyTorch, ${n}`, does: ['embed'], least: EXACT })),
    ...each((n) => ({ ...python, peer: 'adapterhub', name: `AdapterHub, ${n}`, does: ['train', 'alternate'] })),
  ];
}

/** Whose vectors and losses all others are compared with, by where it is looked for first. */
export const REFERENCE = ['graftwork native, 1 thread', 'graftwork, CPU'];
