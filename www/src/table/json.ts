import { eachLine } from './lines';
import type { Column, Problem } from './table';
import { MOST_COLUMNS, MOST_ROWS } from './table';

/** Rows whose columns have names of their own. */
export interface Named {
  columns: Column[];
  rows: string[][];
  lines: number[];
  problems: Problem[];
}

/** JSON: an array of rows, or an object that has one; else an object or an array a line. Nothing where it is neither. */
export function json(text: string, wished: boolean): Named | undefined {
  const start = text.trimStart()[0];
  if (start !== '{' && start !== '[' && !wished) return undefined;
  const whole = parse(text);
  const rows = Array.isArray(whole) ? whole : Object.values(Object(whole)).find((value) => Array.isArray(value) && value.some(isObject));
  if (Array.isArray(rows)) return named(rows.map((value, i) => ({ value, line: i + 1 })), []);
  return jsonLines(text, wished);
}

function jsonLines(text: string, wished: boolean): Named | undefined {
  const found: Numbered[] = [];
  const problems: Problem[] = [];
  let line = 0;
  for (const whole of eachLine(text)) {
    line += 1;
    if (whole.trim() === '') continue;
    const value = parse(whole);
    // What only begins like JSON is a text.
    if (!wished && found.length === 0 && !isObject(value)) return undefined;
    if (isObject(value)) found.push({ value, line });
    else problems.push({ line, text: 'This is not JSON.' });
    if (found.length > MOST_ROWS) break;
  }
  return named(found, problems);
}

interface Numbered {
  value: unknown;
  line: number;
}

/** Objects by their keys, arrays by their places; anything else is one cell. */
function named(values: Numbered[], problems: Problem[]): Named {
  const places = new Map<string, number>();
  const rows: string[][] = [];
  const lines: number[] = [];
  for (const { value, line } of values.slice(0, MOST_ROWS + 1)) {
    const row: string[] = [];
    const entries = Array.isArray(value) ? value.map((cell, i) => [`${i + 1}`, cell] as const) : isObject(value) ? Object.entries(value) : [['', value] as const];
    for (const [key, cell] of entries) {
      const place = places.get(key) ?? places.size;
      if (place >= MOST_COLUMNS) continue;
      places.set(key, place);
      row[place] = written(cell);
    }
    rows.push(row);
    lines.push(line);
  }
  const columns = [...places.keys()].map((name) => ({ name }));
  return { columns, rows: rows.map((row) => columns.map((_, i) => row[i] ?? '')), lines, problems };
}

function written(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
