import { GraftworkError, codeOf, toError } from './errors.js';
import type { Context } from './protocol.js';
import { reader } from './reader.js';
import type { PlainLoad } from './source.js';
import { isSupported } from './support.js';
import { Backbone } from './wasm/graftwork_web.js';

/** The device that a load is for. */
export async function chosen(load: PlainLoad): Promise<'gpu' | 'cpu'> {
  return load.device === 'auto' ? (await isSupported()).device : load.device;
}

/**
 * Reads a backbone's files to the device that it is to be on; `again` does so once more. What they are may be known, so that
 * not all is hashed.
 */
export async function upload(
  files: ReadonlyMap<string, Blob>,
  [load, device, known]: [PlainLoad, 'gpu' | 'cpu', string | undefined],
  { signal, emit }: Context<'load'>,
) {
  const [names, sizes] = [[...files.keys()], Float64Array.from([...files.values()], (blob) => blob.size)];
  const read = async (device: string, known: string | undefined, progress: (done: number) => void) =>
    Backbone.load(device, names, sizes, load.dtype, known, await reader(files), progress);
  const open = async (device: string) => {
    signal.throwIfAborted();
    const file = 'model.safetensors';
    return read(device, known, (done) => void emit({ phase: 'upload', file, loaded: done, total: 1, cached: false }));
  };
  const backbone = await open(device).catch((error: unknown) => {
    // A GPU that was seen but does not open is as good as none.
    if (load.device === 'auto' && toError(error) instanceof GraftworkError && codeOf(error) === 'no-gpu') {
      return open('cpu');
    }
    throw error;
  });
  if (signal.aborted) backbone.dispose();
  signal.throwIfAborted();
  const identity = backbone.identity();
  return { backbone, identity, again: (device: 'gpu' | 'cpu') => read(device, identity, () => undefined) };
}
