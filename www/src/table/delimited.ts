import type { Records } from './table';
import { isEmpty, nothing, push } from './table';

/** So many quotation marks may be open at the end before all are taken for letters: each costs a look at all that follows. */
const MOST_OPEN = 20;

/**
 * Cells between separators, as RFC 4180 has them. A quotation mark that does not enclose a whole cell is a letter. Between tabs
 * none encloses another tab: spreadsheets put quotes around cells with line breaks, and other programs put none at all.
 */
export function delimited(text: string, separator: string, most?: number): Records {
  const out = nothing();
  const plain = new RegExp(`[^${separator}\\r\\n]*`, 'y');
  let [at, line, open] = [0, 1, 0];

  /** The cell between quotation marks that begins here, and where it ends. */
  function quoted(): { cell: string; end: number } | undefined {
    let from = at;
    while (separator !== '\t' && text[from] === ' ') from += 1;
    if (text[from] !== '"' || open >= MOST_OPEN) return undefined;
    let cell = '';
    for (from += 1; ; from += 1) {
      const close = text.indexOf('"', from);
      if (close < 0) {
        open += 1;
        if (separator !== '\t') out.problems.push({ line, text: 'A quotation mark is never closed.' });
        return undefined;
      }
      cell += text.slice(from, close);
      if (separator === '\t' && cell.includes('\t')) return undefined;
      from = close + 1;
      if (text[from] !== '"') break;
      cell += '"';
    }
    const next = text[from];
    return next === undefined || next === separator || next === '\n' || next === '\r' ? { cell, end: from } : undefined;
  }

  while (at < text.length) {
    const record: string[] = [];
    const begins = line;
    for (;;) {
      const found = quoted();
      if (found === undefined) {
        plain.lastIndex = at;
        record.push(plain.exec(text)?.[0] ?? '');
        at = plain.lastIndex;
      } else {
        record.push(found.cell);
        line += found.cell.split('\n').length - 1;
        at = found.end;
      }
      if (text[at] !== separator) break;
      at += 1;
    }
    at += text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1;
    line += 1;
    if (record.length === 1 && isEmpty(record)) continue;
    if (!push(out, record, begins, most)) break;
  }
  return out;
}
