import { inSlices } from '../table/slices';

/** For each row 1 where the text has all of the words in it, or 0. */
export async function found(rows: readonly string[][], column: number, wanted: string, signal: AbortSignal): Promise<Uint8Array> {
  const words = wanted.toLocaleLowerCase().split(/\s+/);
  const all = new Uint8Array(rows.length);
  await inSlices(rows, (row, i) => {
    const text = row[column]?.toLocaleLowerCase() ?? '';
    if (words.every((word) => text.includes(word))) all[i] = 1;
  }, signal);
  signal.throwIfAborted();
  return all;
}
