import { inSlices } from '../table/slices';
import { title, type Table } from '../table/table';
import { MARK, written } from '../table/write';

/** What was said of a row. */
export interface Sorted {
  /** All labels that were given: none, one, or several. */
  labels: string[];
  /** The probability of the first; of the likeliest, where none was given. */
  score: number;
}

/** By row; nothing where it was not asked yet, or has no text. */
export type Results = readonly (Sorted | undefined)[];

export const NONE = '(none)';

/** How often each label was given. */
export function counts(results: Results): Map<string, number> {
  const all = new Map<string, number>();
  const add = (label: string) => all.set(label, (all.get(label) ?? 0) + 1);
  for (let i = 0; i < results.length; i += 1) {
    const result = results[i];
    if (result === undefined) continue;
    if (result.labels.length === 0) add(NONE);
    for (const label of result.labels) add(label);
  }
  return all;
}

/** The rows with a label, or all, as they stand or the most doubtful first; those without an answer come last, or not at all. */
export function arranged(results: Results, rows: number, label: string | undefined, doubt: boolean): Uint32Array {
  const order = new Uint32Array(rows);
  // A number holds score and row, so that numbers are sorted as they are: many times as fast as with a comparison.
  const keys = new Float64Array(rows);
  const silent: number[] = [];
  let length = 0;
  for (let i = 0; i < rows; i += 1) {
    const result = results[i];
    if (label !== undefined && !has(result, label)) continue;
    if (doubt && result === undefined) {
      silent.push(i);
      continue;
    }
    if (doubt) keys[length] = Math.round((result?.score ?? 0) * 1e6) * MOST + i;
    else order[length] = i;
    length += 1;
  }
  if (!doubt) return order.subarray(0, length);
  const sorted = keys.subarray(0, length).sort();
  for (let i = 0; i < length; i += 1) order[i] = (sorted[i] ?? 0) % MOST;
  order.set(silent, length);
  return order.subarray(0, length + silent.length);
}

/** More than there are rows. */
const MOST = 2 ** 20;

function has(result: Sorted | undefined, label: string): boolean {
  return result !== undefined && (label === NONE ? result.labels.length === 0 : result.labels.includes(label));
}

/**
 * The table with what was said, as csv, with semicolons where it came with them: spreadsheets use those where numbers have a
 * decimal comma, and would put a whole line into one cell otherwise. And how many cells were kept from being formulas.
 */
export async function csv(table: Table, results: Results): Promise<{ file: Blob; guarded: number }> {
  const separator = table.reading.separator === ';' ? ';' : ',';
  const number = (score: number) => score.toFixed(4).replace('.', separator === ';' ? ',' : '.');
  // Some rows may have more cells than there are columns; what was said must not stand among them.
  const width = Math.max(table.columns.length, table.rows.reduce((most, { length }) => Math.max(most, length), 0));
  const names = Array.from({ length: width }, (_, i) => title(table, i));
  // Encoded a part at a time: to make one file of all strings at the end would hold up the page.
  const parts: Blob[] = [];
  let lines = [MARK, written([[...names, unused('label', names), unused('confidence', names)]], separator).text];
  let guarded = 0;
  await inSlices(table.rows, (row, i) => {
    const result = results[i];
    const empty = Array.from({ length: width - row.length }, () => '');
    const line = written([[...row, ...empty, result?.labels.join('; ') ?? '', result ? number(result.score) : '']], separator);
    guarded += line.guarded;
    lines.push(line.text);
    if (lines.length < LINES && i < table.rows.length - 1) return;
    parts.push(new Blob(lines));
    lines = [];
  });
  return { file: new Blob(parts, { type: 'text/csv' }), guarded };
}

const LINES = 500;

/** A name that no column has. */
function unused(name: string, names: readonly string[]): string {
  const taken = (wanted: string) => names.some((other) => other.trim().toLowerCase() === wanted);
  let found = name;
  for (let i = 2; taken(found); i += 1) found = `${name} ${i}`;
  return found;
}
