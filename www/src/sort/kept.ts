import { database, type KeptList } from '../store/db';
import { packed, unpacked } from '../table/packed';
import type { Table } from '../table/table';
import type { Sorted } from './results';

const json = (item: unknown) => `${JSON.stringify(item ?? null)}\n`;

/** A list as it is kept, with its rows and answers in memory. */
export interface List extends Omit<KeptList, 'table' | 'rows' | 'results'> {
  table: Table;
  results: (Sorted | undefined)[];
}

/** Rows are packed once, however often the answers are. */
const packedRows = new WeakMap<readonly string[][], Blob>();

/** Keeps a list in the place of the one before; rejects where the browser keeps nothing. */
export async function keepList({ table, results, ...about }: List): Promise<void> {
  const { rows, ...rest } = table;
  const file = packedRows.get(rows) ?? await packed(rows, json);
  packedRows.set(rows, file);
  const kept = { ...about, table: rest, rows: file, results: await packed(results, json) };
  await (await database()).put('lists', kept, 'list');
}

/** What is kept, without its rows. */
export async function lastList(): Promise<KeptList | undefined> {
  return database().then((db) => db.get('lists', 'list')).catch(() => undefined);
}

export async function whole({ table, rows, results, ...about }: KeptList): Promise<List> {
  const all = await unpacked<string[]>(rows);
  packedRows.set(all, rows);
  const answers = await unpacked<Sorted | null>(results);
  return { ...about, table: { ...table, rows: all }, results: answers.map((answer) => answer ?? undefined) };
}

export async function forgetList(): Promise<void> {
  await database().then((db) => db.delete('lists', 'list')).catch(() => undefined);
}
