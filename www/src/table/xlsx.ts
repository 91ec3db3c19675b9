import { unzipSync } from 'fflate';
import type { Records, Reading } from './table';
import { isEmpty, MOST_COLUMNS, nothing, push } from './table';
import { attribute, elements, unescape } from './xml';
import { dateFormats, writtenDate } from './xlsx-dates';

/** A small file may unpack to a very large one. */
const LARGEST_PART = 300 * 2 ** 20;

/** Reads a sheet of a workbook: the one of that name, else the first with anything in it. */
export async function xlsx(bytes: Uint8Array, wished?: string): Promise<Records & { reading: Reading; sheets: string[] }> {
  const part = opener(bytes);
  const workbook = part('xl/workbook.xml');
  if (workbook === undefined) throw new Error('is a packed file, but no .xlsx workbook.\nSave it as .xlsx or .csv.');
  const files = new Map(elements(part('xl/_rels/workbook.xml.rels') ?? '', 'Relationship').map(({ head }) => [attribute(head, 'Id'), attribute(head, 'Target')]));
  const sheets = elements(workbook, 'sheet').map(({ head }) => ({ name: attribute(head, 'name') ?? '', file: files.get(attribute(head, 'r:id')) }));
  const strings = elements(part('xl/sharedStrings.xml') ?? '', 'si').map(({ body }) => letters(body));
  const dates = dateFormats(part('xl/styles.xml') ?? '');
  const since1904 = /date1904="(1|true)"/.test(workbook);
  let found = { ...nothing(), sheet: wished ?? sheets[0]?.name ?? '' };
  for (const { name, file } of sheets) {
    if (file === undefined || (wished !== undefined && name !== wished)) continue;
    const sheet = part(file.startsWith('/') ? file.slice(1) : `xl/${file}`);
    if (sheet === undefined) continue;
    found = { ...rows(sheet, (cell) => written(cell, { strings, dates, since1904 })), sheet: name };
    if (found.records.length > 0) break;
  }
  const { sheet, ...records } = found;
  return { ...records, reading: { sheet }, sheets: sheets.map(({ name }) => name) };
}

/** Unpacks one part at a time, and only what is needed. */
function opener(bytes: Uint8Array): (name: string) => string | undefined {
  return (name) => {
    let tooLarge = false;
    let unpacked: Uint8Array | undefined;
    try {
      const filter = (file: { name: string; originalSize: number }) => {
        if (file.name !== name) return false;
        tooLarge = file.originalSize > LARGEST_PART;
        return !tooLarge;
      };
      unpacked = unzipSync(bytes, { filter })[name];
    } catch {
      throw new Error('is damaged: it cannot be unpacked.\nSave it anew, or as .csv.');
    }
    if (tooLarge) throw new Error('is too large when unpacked.\nTake a part of it: some thousand rows are plenty.');
    return unpacked && new TextDecoder().decode(unpacked);
  };
}

interface Cell {
  head: string;
  body: string;
}

interface Book {
  strings: string[];
  dates: ReadonlySet<number>;
  since1904: boolean;
}

/** The rows that are not empty, with the columns where they stand. */
function rows(sheet: string, read: (cell: Cell) => string): Records {
  const out = nothing();
  let number = 0;
  for (const { head, body } of elements(sheet, 'row')) {
    number = Number(attribute(head, 'r') ?? number + 1);
    const record: string[] = [];
    for (const cell of elements(body, 'c')) {
      const place = attribute(cell.head, 'r');
      const column = place === undefined ? record.length : columnOf(place);
      if (column > MOST_COLUMNS) break;
      while (record.length < column) record.push('');
      record.push(read(cell));
    }
    if (!isEmpty(record) && !push(out, record, number)) break;
  }
  return out;
}

/** `AB12` is in column 27, counted from 0. */
function columnOf(place: string): number {
  const name = /^[A-Z]{1,3}/.exec(place)?.[0] ?? 'A';
  return [...name].reduce((sum, letter) => 26 * sum + letter.charCodeAt(0) - 64, 0) - 1;
}

/** A cell as it is shown, or nearly: numbers are not rounded, dates are written as ISO 8601 has them. */
function written({ head, body }: Cell, { strings, dates, since1904 }: Book): string {
  const type = attribute(head, 't');
  if (type === 'inlineStr') return letters(body);
  const value = unescape(elements(body, 'v')[0]?.body ?? '');
  if (type === 's') return strings[Number(value)] ?? '';
  if (type === 'b') return value === '1' ? 'TRUE' : 'FALSE';
  if (type === 'str' || type === 'd' || type === 'e' || value === '') return value;
  if (dates.has(Number(attribute(head, 's') ?? 0))) return writtenDate(Number(value), since1904);
  return String(Number(value));
}

/** The letters of a string in one or several fonts; how they are pronounced is not part of it. */
function letters(body: string): string {
  const spoken = body.replace(/<(\w+:)?rPh\b[\s\S]*?<\/(\w+:)?rPh>/g, '');
  const whole = elements(spoken, 't').map(({ body }) => unescape(body)).join('');
  // How Office writes what XML has no letter for; a line end, mostly.
  return whole.replace(/_x([0-9A-F]{4})_/g, (_, code: string) => String.fromCharCode(parseInt(code, 16))).replace(/\r\n?/g, '\n');
}
