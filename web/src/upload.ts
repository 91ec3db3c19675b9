import { GraftworkError, codeOf, toError } from './errors.js';
import type { Context } from './protocol.js';
import { reader } from './reader.js';
import type { PlainLoad } from './source.js';
import { isSupported } from './support.js';
import { Backbone } from './wasm/graftwork_web.js';

/** Reads a backbone's files to the device that it is to be on; `again` does so once more. */
export async function upload(files: ReadonlyMap<string, Blob>, load: PlainLoad, { signal, emit }: Context<'load'>) {
  const [names, sizes] = [[...files.keys()], Float64Array.from([...files.values()], (blob) => blob.size)];
  const read = async (device: string, progress: (done: number) => void) =>
    Backbone.load(device, names, sizes, load.dtype, await reader(files), progress);
  const open = async (device: string) => {
    signal.throwIfAborted();
    const file = 'model.safetensors';
    return read(device, (done) => void emit({ phase: 'upload', file, loaded: done, total: 1, cached: false }));
  };
  const device = load.device === 'auto' ? (await isSupported()).device : load.device;
  const backbone = await open(device).catch((error: unknown) => {
    // A GPU that was seen but does not open is as good as none.
    if (load.device === 'auto' && toError(error) instanceof GraftworkError && codeOf(error) === 'no-gpu') {
      return open('cpu');
    }
    throw error;
  });
  if (signal.aborted) backbone.dispose();
  signal.throwIfAborted();
  return { backbone, again: (device: 'gpu' | 'cpu') => read(device, () => undefined) };
}
