// transformers.js as its documentation shows it: a pipeline in the page; its wasm from here instead of from a CDN. It has no
// adapters and does not train.
import { env, pipeline } from '/npm/@huggingface/transformers/dist/transformers.min.js';

export async function open({ model, device, dtype, threads }, text) {
  env.allowLocalModels = false;
  env.remoteHost = `${location.origin}/hub/`;
  const { wasm } = env.backends.onnx;
  const folder = `${location.origin}/npm/onnxruntime-web/dist/`;
  for (const part of ['mjs', 'wasm']) wasm.wasmPaths[part] = folder + wasm.wasmPaths[part].split('/').at(-1);
  if (threads !== undefined) wasm.numThreads = Number(threads);
  const extract = await pipeline('feature-extraction', model, { device, dtype });
  const embed = async (texts) => {
    const { data, dims } = await extract(texts, { pooling: 'mean', normalize: true });
    return Array.from({ length: dims[0] }, (_, i) => data.slice(i * dims[1], (i + 1) * dims[1]));
  };
  await embed([text]);
  return { embed };
}
