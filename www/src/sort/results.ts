import { packed } from '../table/packed';
import { title, type Table } from '../table/table';
import { MARK, written } from '../table/write';

/** What was said of a row. */
export interface Sorted {
  /** All labels that were given: none, one, or several. */
  labels: string[];
  /** The probability of the first; of the likeliest, where none was given. */
  score: number;
  /** The label that the visitor says it has: another one, or the same. */
  right?: string;
}

/** The labels that it has, as far as is known. */
export function labelsOf({ labels, right }: Sorted): string[] {
  return right === undefined ? labels : [right];
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
    const labels = labelsOf(result);
    if (labels.length === 0) add(NONE);
    for (const label of labels) add(label);
  }
  return all;
}

/**
 * The rows with a label, or all, of those that were found, if anything was looked for; as they stand or the most doubtful first; those
 * without an answer come last, or not at all.
 */
export function arranged(results: Results, rows: number, label: string | undefined, doubt: boolean, found?: Uint8Array): Uint32Array {
  const order = new Uint32Array(rows);
  // A number holds score and row, so that numbers are sorted as they are: many times as fast as with a comparison.
  const keys = new Float64Array(rows);
  const silent: number[] = [];
  let length = 0;
  for (let i = 0; i < rows; i += 1) {
    const result = results[i];
    if ((label !== undefined && !has(result, label)) || found?.[i] === 0) continue;
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
  if (result === undefined) return false;
  const labels = labelsOf(result);
  return label === NONE ? labels.length === 0 : labels.includes(label);
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
  const corrected = results.some((result) => result?.right !== undefined);
  const added = ['label', 'confidence', ...(corrected ? ['corrected'] : [])].map((name) => unused(name, names));
  let { text: head, guarded } = written([[...names, ...added]], separator);
  const file = await packed(table.rows, (row, i) => {
    const result = results[i];
    const empty = Array.from({ length: width - row.length }, () => '');
    const said = result === undefined ? ['', ''] : [labelsOf(result).join('; '), number(result.score)];
    const line = written([[...row, ...empty, ...said, ...(corrected ? [wordOf(result)] : [])]], separator);
    guarded += line.guarded;
    return line.text;
  }, MARK + head);
  return { file: new Blob([file], { type: 'text/csv' }), guarded };
}

/** Whether the label is the visitor's. */
function wordOf(result: Sorted | undefined): string {
  if (result?.right === undefined) return '';
  return result.labels.length === 1 && result.labels[0] === result.right ? 'confirmed' : 'yes';
}

/** A name that no column has. */
function unused(name: string, names: readonly string[]): string {
  const taken = (wanted: string) => names.some((other) => other.trim().toLowerCase() === wanted);
  let found = name;
  for (let i = 2; taken(found); i += 1) found = `${name} ${i}`;
  return found;
}
