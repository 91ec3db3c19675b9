import { delimited } from './delimited';
import { isKnown } from './names';
import type { Separator } from './table';
import { isEmpty } from './table';

const CANDIDATES = ['\t', ';', ',', '|'] as const;
const SAMPLE = 100_000;
const MOST = 200;

/** What stands between the cells of a text; `none` where each line is one. */
export function guessSeparator(text: string): Separator {
  const sample = text.length > SAMPLE ? text.slice(0, text.lastIndexOf('\n', SAMPLE) + 1 || SAMPLE) : text;
  let best: { separator: Separator; score: number } = { separator: 'none', score: 0.6 };
  for (const separator of CANDIDATES) {
    const score = orderliness(sample, separator);
    if (score > best.score) best = { separator, score };
  }
  if (best.separator !== 'none') return best.separator;
  return labelsBeforeColons(sample) ? ':' : 'none';
}

/** The share of lines with the commonest number of cells, less where the separator looks like punctuation. */
function orderliness(sample: string, separator: string): number {
  const records = delimited(sample, separator, MOST).records.filter((record) => !isEmpty(record));
  const widths = new Map<number, number>();
  for (const { length } of records) widths.set(length, (widths.get(length) ?? 0) + 1);
  const [width, lines] = [...widths].sort(([a, n], [b, m]) => m - n || b - a)[0] ?? [0, 0];
  if (width < 2) return 0;
  const order = lines / records.length;
  const even = records.filter(({ length }) => length === width);
  if (separator === '\t' || (order > 0.9 && looksLikeTable(even))) return order;
  return order * (1 - punctuation(records, separator));
}

/** How often a separator stands where a sentence has it: before a space, inside a number, or, a comma, at the end of a line. */
function punctuation(records: string[][], separator: string): number {
  let [all, marks] = [0, 0];
  for (const record of records) {
    for (let i = 1; i < record.length; i += 1) {
      const [before, after] = [record[i - 1] ?? '', record[i] ?? ''];
      all += 1;
      const inNumber = /\d$/.test(before) && /^\d/.test(after) && /\D/.test(before) && /[^\d.]/.test(after);
      const atEnd = separator === ',' && after === '' && i === record.length - 1 && /\S\s\S/.test(before);
      if (/^\s+\S/.test(after) || inNumber || atEnd) marks += 1;
    }
  }
  return marks / Math.max(1, all);
}

/** Whether columns have known names, or one of them has few values that come again and again: no sentence does that. */
function looksLikeTable(records: string[][]): boolean {
  const [first = [], ...rest] = records;
  if (first.some((name) => isKnown(name, 'text')) && first.some((name) => isKnown(name, 'label'))) return true;
  const few = (column: number) => new Set(rest.map((record) => record[column]?.trim())).size <= rest.length / 3;
  return rest.length >= 8 && first.some((_, column) => few(column));
}

/** `label: text` in nearly every line, with few labels, or with few lines. */
function labelsBeforeColons(sample: string): boolean {
  const lines = sample.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '').slice(0, MOST);
  const labels = lines.map(labelOf).filter((label) => label !== undefined);
  return labels.length > 0 && labels.length >= 0.8 * lines.length && new Set(labels).size <= Math.max(3, lines.length / 2);
}

function labelOf(line: string): string | undefined {
  const [, label, text] = /^([^:]{1,60}):(.*\S.*)$/.exec(line) ?? [];
  if (label === undefined || text === undefined || label.trim() === '' || label.trim().split(/\s+/).length > 4) return undefined;
  const noLabel = text.startsWith('//') || (/\d$/.test(label) && /^\d/.test(text));
  return noLabel ? undefined : label.trim().toLowerCase();
}
