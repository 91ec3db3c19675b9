/** Bytes that are read at a time: a call of the browser's reader costs about a millisecond. */
const WINDOW = 4 << 20;

/** Reads pieces of files: in a worker from wherever the browser keeps them, else from memory. */
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
  let window = { name: '', start: 0, bytes: new Uint8Array() };
  return (name, offset, length) => {
    const { start, bytes } = window;
    if (name !== window.name || offset < start || offset + length > start + bytes.length) {
      const blob = files.get(name) as Blob;
      const read = sync.readAsArrayBuffer(blob.slice(offset, offset + Math.max(length, WINDOW)));
      window = { name, start: offset, bytes: new Uint8Array(read) };
    }
    return window.bytes.subarray(offset - window.start, offset - window.start + length);
  };
}
