/**
 * A spreadsheet computes what begins like this, also in a csv file: `=HYPERLINK(...)` of a text from elsewhere would become a
 * link that sends the row away, and a harmless `- buy milk` an error. Such a cell gets an apostrophe in front, which spreadsheets
 * take for “this is text”. That changes what is written, so `written` counts such cells and the page says so; plain numbers with
 * a sign are left as they are.
 */
const FORMULA = /^[=+\-@\t\r]/;
const SIGNED_NUMBER = /^[+-][\d.,]*\d%?$/;

export interface Written {
  text: string;
  /** Cells that got an apostrophe. */
  guarded: number;
}

/** What a file begins with, so that Excel knows that it is UTF-8. */
export const MARK = '\uFEFF';

/** Rows as RFC 4180 has them, but for another separator; a large table may be written in parts. */
export function written(rows: Iterable<readonly string[]>, separator: ',' | ';' = ','): Written {
  let guarded = 0;
  const lines: string[] = [];
  for (const row of rows) {
    lines.push(row.map((cell) => {
      const formula = FORMULA.test(cell) && !SIGNED_NUMBER.test(cell);
      if (formula) guarded += 1;
      return quoted(formula ? `'${cell}` : cell, separator);
    }).join(separator));
  }
  return { text: lines.map((line) => `${line}\r\n`).join(''), guarded };
}

function quoted(cell: string, separator: string): string {
  return cell.includes(separator) || /["\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
