import { SEGMENT } from './store.js';

/** Bytes that are read at a time, a segment of the cache: a call of the browser's reader costs about a millisecond. */
const WINDOW = SEGMENT;
/** Windows that are kept, since tensors that belong together are seldom read in the order in which they lie in the file. */
const KEPT = 8;

/** Reads pieces of files, or the beginnings of pieces: in a worker from wherever the browser keeps them, else from memory. */
export async function reader(
  files: ReadonlyMap<string, Blob>,
): Promise<(name: string, offset: number, length: number) => Uint8Array> {
  const Sync = (globalThis as { FileReaderSync?: new () => { readAsArrayBuffer(blob: Blob): ArrayBuffer } })
    .FileReaderSync;
  if (Sync === undefined) {
    const all = await Promise.all([...files].map(async ([name, blob]) => [name, await blob.arrayBuffer()] as const));
    const bytes = new Map(all);
    return (name, offset, length) => new Uint8Array(bytes.get(name) as ArrayBuffer, offset, length);
  }
  const sync = new Sync();
  /** The last ones that were read from, the newest at the end. */
  const windows = new Map<string, Uint8Array>();
  const window = (name: string, start: number) => {
    const key = `${start} ${name}`;
    const read = () => new Uint8Array(sync.readAsArrayBuffer((files.get(name) as Blob).slice(start, start + WINDOW)));
    const bytes = windows.get(key) ?? read();
    windows.delete(key);
    windows.set(key, bytes);
    for (const oldest of windows.keys()) if (windows.size > KEPT) windows.delete(oldest);
    return bytes;
  };
  return (name, offset, length) => {
    const within = offset % WINDOW;
    return window(name, offset - within).subarray(within, within + length);
  };
}
