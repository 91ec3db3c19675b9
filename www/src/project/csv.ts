import type { Material } from '../store/db';
import { inSlices } from '../table/slices';
import { MARK, written } from '../table/write';

const ROWS = 500;

/**
 * Texts and labels as csv, those without a label last. Where numbers have a decimal comma, spreadsheets take semicolons between
 * cells, and would put a whole line into one cell otherwise. And how many cells were kept from being formulas.
 */
export async function examplesCsv({ examples, unlabelled }: Material, language = navigator.language): Promise<{ file: Blob; guarded: number }> {
  const separator = (1.5).toLocaleString(language).includes(',') ? ';' : ',';
  const rows = [['text', 'label'], ...examples.map(({ text, label }) => [text, label]), ...unlabelled.map((text) => [text, ''])];
  const parts: Blob[] = [];
  let lines = [MARK];
  let guarded = 0;
  await inSlices(rows, (row, i) => {
    const line = written([row], separator);
    guarded += line.guarded;
    lines.push(line.text);
    if (lines.length < ROWS && i < rows.length - 1) return;
    parts.push(new Blob(lines));
    lines = [];
  });
  return { file: new Blob(parts, { type: 'text/csv' }), guarded };
}
