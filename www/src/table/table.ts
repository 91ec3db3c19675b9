/** A column; its name is empty where the table has no header. */
export interface Column {
  name: string;
}

/** What is wrong with a file, or with one of its lines. */
export interface Problem {
  line?: number;
  text: string;
}

/** What stands between cells: a letter, `:` where each line is `label: text`, nothing where each line is one text. */
export type Separator = ',' | ';' | '\t' | '|' | ':' | 'none';

/** How something was read, or is to be read; what is not there was not needed, or is to be guessed. */
export interface Reading {
  /** A name that `TextDecoder` knows. */
  encoding?: string;
  separator?: Separator;
  sheet?: string;
}

/** Whatever it was, as rows of cells. */
export interface Table {
  columns: Column[];
  /** A row may have more cells than there are columns: then something is wrong with its line, and its cells are out of step. */
  rows: string[][];
  /** Whether the first line is the header. */
  header: boolean;
  /** Whether the names of columns are part of the format, so that no line can be taken for them. */
  named: boolean;
  /** The line, or a sheet's row, at which each row begins; the header's first, where there is one. */
  lines: number[];
  reading: Reading;
  /** The sheets of a workbook. */
  sheets: string[];
  problems: Problem[];
}

/** Rows before anybody has asked which of them is the header. */
export interface Records {
  records: string[][];
  lines: number[];
  problems: Problem[];
}

/** More than this is not read. */
export const MOST_ROWS = 100_000;
export const MOST_COLUMNS = 200;

export const nothing = (): Records => ({ records: [], lines: [], problems: [] });

/** Adds a row, unless there are enough: a header, all that is read, and one that tells that there are more. */
export function push(out: Records, record: string[], line: number, most = MOST_ROWS + 2): boolean {
  if (out.records.length >= most) return false;
  out.records.push(record);
  out.lines.push(line);
  return true;
}

export const isEmpty = (row: readonly string[]): boolean => row.every((cell) => cell.trim() === '');

export const isOutOfStep = (table: Table, row: readonly string[]): boolean => row.length > table.columns.length;

/** The line at which a row begins. */
export function lineOf({ lines, header }: Table, row: number): number {
  return lines[header ? row + 1 : row] ?? 0;
}

/** The same table with its first line as header, or as a row. */
export function withHeader(table: Table, header: boolean): Table {
  const { columns, rows } = table;
  if (table.named || header === table.header) return table;
  if (!header) return { ...table, header, rows: [columns.map(({ name }) => name), ...rows], columns: columns.map(() => ({ name: '' })) };
  const [first = [], ...rest] = rows;
  return { ...table, header, rows: rest, columns: columns.map((_, i) => ({ name: first[i]?.trim() ?? '' })) };
}

/** What to call a column. */
export function title(table: Pick<Table, 'columns'>, column: number): string {
  return table.columns[column]?.name || `Column ${column + 1}`;
}
