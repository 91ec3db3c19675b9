import { readFile, readText } from './read';
import type { Reading, Table } from './table';

/** What to read: a file, or what was pasted. */
export interface Order {
  name: string;
  data: Blob | string;
  wish: Reading;
}

export type Answer =
  | { rows: string[][]; lines: number[] }
  | { table: Omit<Table, 'rows' | 'lines'> }
  | { error: string };

/** So many cells at a time: to take all at once would hold up the page. */
const CELLS = 5000;

addEventListener('message', ({ data }: MessageEvent<Order>) => void answer(data));

async function answer({ name, data, wish }: Order): Promise<void> {
  const say = (answer: Answer) => postMessage(answer);
  try {
    const { rows, lines, ...table } = typeof data === 'string' ? readText(data, wish) : await readFile(data, name, wish);
    const step = Math.ceil(CELLS / Math.max(1, table.columns.length));
    // A header has a line, but is no row: there may be one line more.
    for (let at = 0; at < lines.length; at += step) {
      say({ rows: rows.slice(at, at + step), lines: lines.slice(at, at + step) });
    }
    say({ table });
  } catch (error) {
    say({ error: (error as Error).message });
  }
}
