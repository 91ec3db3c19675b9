import type { Example } from 'graftwork';
import Papa from 'papaparse';

/** What was found in a file or a pasted text. */
export interface Parsed {
  examples: Example[];
  /** What is wrong, by line from 1 on. */
  problems: { line: number; text: string }[];
}

export type Format = 'csv' | 'tsv' | 'jsonl' | 'lines';

const TEXT = ['text', 'message', 'sentence', 'content', 'review'];
const LABEL = ['label', 'category', 'class', 'intent', 'sentiment', 'topic'];
const LARGEST = 20 * 2 ** 20;

/** Reads a file of examples; what is wrong with all of it is thrown in words. */
export async function readFile(file: File): Promise<Parsed> {
  const format = /\.(csv|tsv|jsonl|ndjson|txt)$/i.exec(file.name)?.[1]?.toLowerCase();
  if (format === undefined) throw new Error(`${file.name} is not a .csv, .tsv or .jsonl file.`);
  if (file.size > LARGEST) throw new Error(`${file.name} is larger than 20 MB. Take a part of it: some thousand examples are plenty.`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw new Error(`${file.name} is not UTF-8 text. Save it again as UTF-8 (in Excel: “CSV UTF-8”).`);
  }
  const known = format === 'ndjson' ? 'jsonl' : format === 'txt' ? guess(text) : (format as Format);
  const parsed = parse(text, known);
  if (parsed.examples.length + parsed.problems.length === 0) throw new Error(`${file.name} has no examples in it.`);
  return parsed;
}

/** The format of a pasted text. */
export function guess(text: string): Format {
  const first = text.split('\n').find((line) => line.trim() !== '') ?? '';
  if (first.trimStart().startsWith('{')) return 'jsonl';
  const names = first.toLowerCase().split(/[\t,]/).map((name) => name.trim().replaceAll('"', ''));
  const header = names.some((name) => TEXT.includes(name)) && names.some((name) => LABEL.includes(name));
  if (header) return first.includes('\t') ? 'tsv' : 'csv';
  return 'lines';
}

/** Reads examples. */
export function parse(text: string, format: Format): Parsed {
  if (format === 'jsonl') return jsonl(text);
  return format === 'lines' ? lines(text) : table(text, format);
}

/** `label<TAB>text`, or `label: text`, or `label, text`. */
function lines(text: string): Parsed {
  return eachLine(text, (line) => {
    const at = line.includes('\t') ? line.indexOf('\t') : line.search(/[:,]/);
    if (at < 0) throw new Error('has no label: write “label: text”');
    return [line.slice(0, at), line.slice(at + 1)];
  });
}

function jsonl(text: string): Parsed {
  return eachLine(text, (line) => {
    let row: Record<string, unknown>;
    try {
      row = JSON.parse(line);
    } catch {
      throw new Error('is not JSON');
    }
    return [row?.['label'], row?.['text']];
  });
}

function eachLine(text: string, read: (line: string) => [label: unknown, text: unknown]): Parsed {
  const out: Parsed = { examples: [], problems: [] };
  text.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === '') return;
    try {
      out.examples.push(example(...read(line)));
    } catch (error) {
      out.problems.push({ line: i + 1, text: (error as Error).message });
    }
  });
  return out;
}

/** Tabs are taken as they are, without quotes; commas with quotes, as spreadsheets write them. */
function table(text: string, format: 'csv' | 'tsv'): Parsed {
  const out: Parsed = { examples: [], problems: [] };
  let columns: { label: number; text: number; width: number } | undefined;
  let line = 1;
  let cursor = 0;
  const body = text.replace(/^\uFEFF/, '');
  Papa.parse<string[]>(body, {
    delimiter: format === 'tsv' ? '\t' : '',
    ...(format === 'tsv' && { quoteChar: '\0' }),
    delimitersToGuess: [',', ';', '\t', '|'],
    step: ({ data, errors, meta }) => {
      const here = line;
      for (let at = body.indexOf('\n', cursor); at >= 0 && at < meta.cursor; at = body.indexOf('\n', at + 1)) line += 1;
      cursor = meta.cursor;
      if (data.every((cell) => cell.trim() === '')) return;
      const header = columns === undefined;
      columns ??= find(data);
      if (header && columns.width > 0) return;
      try {
        if (errors[0] !== undefined) throw new Error(complaint(errors[0].code));
        const wrong = columns.width > 0 && data.length !== columns.width;
        if (wrong) throw new Error(`has ${data.length} ${data.length === 1 ? 'column' : 'columns'}, the header ${columns.width}`);
        out.examples.push(example(data[columns.label], data[columns.text]));
      } catch (error) {
        out.problems.push({ line: here, text: (error as Error).message });
      }
    },
  });
  return out;
}

/** The columns by the header's names; without a header the label comes first. */
function find(first: string[]): { label: number; text: number; width: number } {
  const names = first.map((name) => name.trim().toLowerCase());
  const at = (known: string[]) => names.findIndex((name) => known.includes(name));
  const [label, text] = [at(LABEL), at(TEXT)];
  if (label >= 0 && text >= 0) return { label, text, width: first.length };
  if (first.length !== 2) {
    throw new Error('The first line must name the columns: one “text”, one “label”.');
  }
  return { label: 0, text: 1, width: 0 };
}

function complaint(code: string): string {
  return code === 'MissingQuotes' ? 'has a quotation mark that is never closed' : 'has a stray quotation mark';
}

function example(label: unknown, text: unknown): Example {
  const name = typeof label === 'number' || typeof label === 'boolean' ? String(label) : label;
  if (typeof name !== 'string' || name.trim() === '') throw new Error('has no label');
  if (typeof text !== 'string' || text.trim() === '') throw new Error('has no text');
  if (name.trim().length > 60) throw new Error('has a label of more than 60 letters: is it the text?');
  return { label: name.trim(), text: text.trim() };
}
