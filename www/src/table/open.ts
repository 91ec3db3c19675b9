import type { Reading, Table } from './table';
import type { Answer, Order } from './reader';

/** A file, or what was pasted. */
export interface Source {
  name: string;
  data: Blob | string;
}

/** Reads a table in a worker, which takes its rows over little by little: the page is never held up. */
export function open({ name, data }: Source, wish: Reading, signal: AbortSignal): Promise<Table> {
  const worker = new Worker(new URL('./reader.ts', import.meta.url), { type: 'module' });
  const rows: string[][] = [];
  const lines: number[] = [];
  const table = new Promise<Table>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    worker.onerror = () => reject(new Error(`${name} cannot be read: a part of this page is missing.\nLoad the page again.`));
    worker.onmessage = ({ data: answer }: MessageEvent<Answer>) => {
      if ('error' in answer) reject(new Error(`${name} ${answer.error}`));
      else if ('table' in answer) resolve({ ...answer.table, rows, lines });
      else {
        rows.push(...answer.rows);
        lines.push(...answer.lines);
      }
    };
  });
  worker.postMessage({ name, data, wish } satisfies Order);
  return table.finally(() => worker.terminate());
}
