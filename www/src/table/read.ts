import { decode, isBinary } from './decode';
import { delimited } from './delimited';
import { guessHeader } from './header';
import { json, type Named } from './json';
import { lines } from './lines';
import { guessSeparator } from './separator';
import type { Reading, Records, Separator, Table } from './table';
import { MOST_COLUMNS, MOST_ROWS, withHeader } from './table';

/** Larger files are not opened. */
export const LARGEST = 20 * 2 ** 20;

const SPREADSHEETS = 'Open it in your spreadsheet program and save it as .xlsx or .csv.';
/** What begins like this is no text. */
const FORMATS: [start: string, what: string][] = [
  ['\xD0\xCF\x11\xE0', `is in Excel’s old format, or locked with a password.\n${SPREADSHEETS}`],
  ['%PDF', 'is a PDF, not a table.\nCopy the table out of it and paste it.'],
  ['\x1F\x8B', 'is packed.\nUnpack it first.'],
  ['{\\rtf', 'is a text document, not a table.\nCopy the table out of it and paste it.'],
];

/** Reads a file; what is wrong with all of it is thrown in words that begin where its name ends, and in a line of their own what to do. */
export async function readFile(file: Blob, name: string, wish: Reading = {}): Promise<Table> {
  if (file.size > LARGEST) throw new Error('is larger than 20 MB.\nTake a part of it: some thousand rows are plenty.');
  const bytes = new Uint8Array(await file.arrayBuffer());
  const start = String.fromCharCode(...bytes.subarray(0, 8));
  const known = FORMATS.find(([begins]) => start.startsWith(begins));
  if (known !== undefined) throw new Error(known[1]);
  // Only who opens a workbook needs what reads one.
  if (start.startsWith('PK\x03\x04')) return finish(await (await import('./xlsx')).xlsx(bytes, wish.sheet));
  const { text, encoding, problems } = decode(bytes, wish.encoding);
  if (isBinary(text)) throw new Error('is neither a table nor a text.');
  const table = readText(text, wish, /\.(tsv|tab)$/i.test(name) ? '\t' : undefined, /\.(jsonl?|ndjson)$/i.test(name));
  return { ...table, reading: { encoding, ...table.reading }, problems: [...problems, ...table.problems] };
}

/** Reads what was pasted, or what a file holds. */
export function readText(text: string, wish: Reading = {}, usual?: Separator, isJson = false): Table {
  let body = text.replace(/^\uFEFF/, '');
  if (/^\s*<(!doctype|html|table|\?xml)/i.test(body)) throw new Error(`is a web page or XML.\n${SPREADSHEETS}`);
  const rows = wish.separator === undefined ? json(body, isJson) : undefined;
  if (rows !== undefined) return finish({ ...rows, reading: {} });
  // Excel's own way to say it, in the first line.
  const said = /^"?sep=([,;\t|])"?\s*?(\r\n|\r|\n|$)/i.exec(body);
  if (said !== null) body = body.slice(said[0].length);
  const separator = wish.separator ?? (said?.[1] as Separator | undefined) ?? (usual !== undefined && body.includes(usual) ? usual : guessSeparator(body));
  const records = cells(body, separator);
  if (said === null) return finish({ ...records, reading: { separator } });
  const problems = records.problems.map(({ line = 0, text }) => ({ line: line + 1, text }));
  return finish({ ...records, lines: records.lines.map((line) => line + 1), problems, reading: { separator } });
}

function cells(text: string, separator: Separator): Records {
  if (separator === ':') return lines(text, true);
  if (separator !== 'none') return delimited(text, separator);
  return isQuotedColumn(text) ? delimited(text, '\0') : lines(text, false);
}

/** Whether lines are one column of a csv file: some are quoted, so that no separator stands outside of quotation marks. */
function isQuotedColumn(text: string): boolean {
  if (!/(^|[\r\n])"/.test(text.slice(0, 100_000))) return false;
  return [',', ';'].some((separator) => delimited(text, separator, 200).records.every((record) => record.length === 1));
}

/** As wide as most rows, with or without a header. */
function finish(found: (Records | Named) & { reading: Reading; sheets?: string[] }): Table {
  const { reading, problems, sheets = [] } = found;
  const named = 'columns' in found;
  const rows = named ? found.rows : found.records;
  const lines = named ? [0, ...found.lines] : found.lines;
  if (rows.length === 0) throw new Error(problems.length > 0 ? 'has nothing in it that can be read.' : 'has nothing in it.');
  const header = named || reading.separator === ':' ? named : guessHeader(rows);
  const most = MOST_ROWS + (header && !named ? 1 : 0);
  if (rows.length > most) {
    rows.length = most;
    problems.push({ text: `Only the first ${MOST_ROWS.toLocaleString('en-US')} rows are read: there are more.` });
  }
  const width = named ? found.columns.length : widthOf(rows, header);
  if (width > MOST_COLUMNS) problems.push({ text: `Only the first ${MOST_COLUMNS} columns are read: there are more.` });
  const columns = named ? found.columns : Array.from({ length: Math.min(width, MOST_COLUMNS) }, () => ({ name: '' }));
  for (const row of rows) fit(row, columns.length, width);
  const table: Table = { columns, rows, header: named, named, lines, reading, sheets, problems };
  return withHeader(table, header);
}

/** The header's width, else that of most rows. */
function widthOf(rows: string[][], header: boolean): number {
  const widths = new Map<number, number>();
  for (const { length } of rows) widths.set(length, (widths.get(length) ?? 0) + 1);
  const usual = [...widths].sort(([a, n], [b, m]) => m - n || b - a)[0]?.[0] ?? 0;
  return header ? Math.max(usual, 1 + (rows[0]?.findLastIndex((cell) => cell.trim() !== '') ?? -1)) : usual;
}

/** Fills up with empty cells, and takes away those that are empty or in columns that are not read. */
function fit(row: string[], columns: number, width: number): void {
  if (columns < width && row.length <= width) row.length = Math.min(row.length, columns);
  while (row.length > columns && row.at(-1)?.trim() === '') row.pop();
  while (row.length < columns) row.push('');
}
