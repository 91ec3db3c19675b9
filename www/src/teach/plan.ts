import type { Example } from 'graftwork';
import { LONGEST_LABEL, type Role } from '../table/roles';
import { inSlices } from '../table/slices';
import { isEmpty, isOutOfStep, lineOf, type Table } from '../table/table';
import { count as plural } from '../parts/words';

/** More of them would take hours to learn from. */
export const MOST_EXAMPLES = 10_000;
/** About what the model reads at once; longer texts are read in parts, or at both ends. */
const READ = 2200;
/** A column with more different values than this holds no labels. */
const MOST_VALUES = 2000;

const FAULTS = ['empty', 'no text', 'no label', 'out of step', 'long label'] as const;
type Fault = (typeof FAULTS)[number];

/** What the rows of a table are, by the roles of its columns. */
export interface Tally {
  /** How often each label is there, as it is written but for surrounding space. */
  spellings: Map<string, number>;
  /** Rows that are no examples: how many, and the first of their lines. */
  faults: Record<Fault, { count: number; lines: number[] }>;
  /** Texts that are too long to be read to their end. */
  long: number;
}

/** A label, and what in the table stands for it. */
export interface Planned {
  name: string;
  count: number;
  spellings: string[];
}

export interface Wishes {
  /** Take labels that differ in case and space only as one. */
  merge: boolean;
  /** Where there are too many labels: take the commonest. */
  commonest: boolean;
  /** The label of rows that have none; without it they are left out. */
  otherwise: string;
  /** Keep them without one, to be labelled later. */
  later: boolean;
}

/** What would be added. */
export interface Plan {
  labels: Planned[];
  /** Labels of several spellings, whether they are merged or not. */
  alike: Planned[];
  /** Labels that are more than may be: nothing can be added. */
  tooMany: boolean;
  /** Labels for which there is no room. */
  dropped: Planned[];
  /** Examples, before and after taking no more than there is room for; and which share of each label that is. */
  found: number;
  taken: number;
  share: number;
}

type Looked = { text: string; label: string } | Fault;

function look(table: Table, row: readonly string[], text: number, label: number): Looked {
  if (isOutOfStep(table, row)) return 'out of step';
  if (isEmpty(row)) return 'empty';
  const found = { text: row[text]?.trim() ?? '', label: row[label]?.trim() ?? '' };
  if (found.text === '') return 'no text';
  return found.label.length > LONGEST_LABEL ? 'long label' : found;
}

/** Counts what is there. */
export async function tally(table: Table, roles: readonly Role[], signal: AbortSignal): Promise<Tally> {
  const [text, label] = [roles.indexOf('text'), roles.indexOf('label')];
  const faults = Object.fromEntries(FAULTS.map((fault) => [fault, { count: 0, lines: [] }])) as unknown as Tally['faults'];
  const out: Tally = { spellings: new Map(), faults, long: 0 };
  const note = (fault: Fault, i: number) => {
    faults[fault].count += 1;
    if (faults[fault].lines.length < 3) faults[fault].lines.push(lineOf(table, i));
  };
  await inSlices(table.rows, (row, i) => {
    const found = look(table, row, text, label);
    if (typeof found === 'string') return note(found, i);
    if (found.text.length > READ) out.long += 1;
    if (found.label === '') note('no label', i);
    else out.spellings.set(found.label, (out.spellings.get(found.label) ?? 0) + 1);
  }, signal);
  return out;
}

/** Decides what becomes of the labels; `present` are those that are there already, `most` how many there may be. */
export function plan({ spellings, faults }: Tally, wishes: Wishes, present: readonly string[], most: number, room: number): Plan {
  const counts = new Map(spellings);
  const otherwise = wishes.otherwise.trim();
  if (otherwise !== '') counts.set(otherwise, (counts.get(otherwise) ?? 0) + faults['no label'].count);
  if (counts.size > MOST_VALUES) return { labels: [], alike: [], tooMany: true, dropped: [], found: 0, taken: 0, share: 0 };
  const groups = grouped(counts, present);
  const alike = groups.filter((group) => group.spellings.length > 1);
  const apart = [...counts].map(([name, count]) => ({ name, count, spellings: [name] }));
  const all = (wishes.merge ? groups : apart).filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  const fresh = all.filter(({ name }) => !present.includes(name));
  const space = Math.max(0, most - present.length);
  const tooMany = fresh.length > space;
  const dropped = tooMany ? fresh.slice(space) : [];
  const labels = wishes.commonest ? all.filter((label) => !dropped.includes(label)) : all;
  const found = labels.reduce((sum, { count }) => sum + count, 0);
  const share = found === 0 ? 0 : Math.min(1, room / found);
  const taken = labels.reduce((sum, { count }) => sum + quota(count, share), 0);
  return { labels, alike, tooMany, dropped, found, taken, share };
}

/** How many of a label's first rows are taken: of a rare one, at least one. */
function quota(rows: number, share: number): number {
  return share === 1 ? rows : Math.ceil(rows * share);
}

/** Labels that differ in case and space only, under the name that is there already, else the commonest one. */
function grouped(counts: ReadonlyMap<string, number>, present: readonly string[]): Planned[] {
  const groups = new Map<string, [name: string, count: number][]>();
  for (const entry of counts) groups.set(fold(entry[0]), [...(groups.get(fold(entry[0])) ?? []), entry]);
  const known = new Map(present.map((name) => [fold(name), name]));
  return [...groups].map(([folded, group]) => {
    group.sort((a, b) => b[1] - a[1]);
    const spellings = group.map(([name]) => name);
    const name = spellings.find((name) => present.includes(name)) ?? known.get(folded) ?? spellings[0] ?? '';
    return { name, count: group.reduce((sum, [, count]) => sum + count, 0), spellings: [...new Set([name, ...spellings])] };
  });
}

function fold(label: string): string {
  return label.normalize('NFC').replace(/\s+/g, ' ').toLocaleLowerCase();
}

/** The examples of a plan, in their order. Where there is no room for all, of every label its share, from all over the table. */
export async function gather(table: Table, roles: readonly Role[], { labels, share }: Plan, { otherwise }: Wishes, signal: AbortSignal): Promise<Example[]> {
  const [text, label] = [roles.indexOf('text'), roles.indexOf('label')];
  const names = new Map(labels.flatMap(({ name, spellings }) => spellings.map((spelling) => [spelling, name])));
  const seen = new Map<string, number>();
  const out: Example[] = [];
  await inSlices(table.rows, (row) => {
    const example = look(table, row, text, label);
    if (typeof example === 'string') return;
    const name = names.get(example.label || otherwise.trim());
    if (name === undefined) return;
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    if (quota(before + 1, share) > quota(before, share)) out.push({ text: example.text, label: name });
  }, signal);
  return out;
}

/** The texts that have no label; in a table without a column of labels all. */
export async function unlabelled(table: Table, roles: readonly Role[], signal: AbortSignal): Promise<string[]> {
  const [text, label] = [roles.indexOf('text'), roles.indexOf('label')];
  const out: string[] = [];
  await inSlices(table.rows, (row) => {
    const looked = look(table, row, text, label);
    if (typeof looked !== 'string' && looked.label === '') out.push(looked.text);
  }, signal);
  return out;
}

/** What of the table is left out or cut, in words; of labels nothing where there is no column of them. */
export function remarks({ faults, long }: Tally, { otherwise, later }: Wishes, unlabelled = false): string[] {
  const say = (fault: Fault, one: string, many: string) => {
    const { count, lines } = faults[fault];
    if (count === 0) return [];
    const places = `${count === 1 ? 'line' : 'lines'} ${lines.join(', ')}${count > lines.length ? ', …' : ''}`;
    return [`${plural(count, 'row')} ${count === 1 ? one : many} (${places}).`];
  };
  return [
    ...(otherwise.trim() === '' && !unlabelled && !later ? say('no label', 'has no label and is left out', 'have no label and are left out') : []),
    ...say('no text', 'has no text and is left out', 'have no text and are left out'),
    ...say('empty', 'is empty', 'are empty'),
    ...say('long label', `has a label of more than ${LONGEST_LABEL} letters and is left out`, `have a label of more than ${LONGEST_LABEL} letters and are left out`),
    ...say('out of step', 'has more cells than there are columns and is left out', 'have more cells than there are columns and are left out'),
    ...(long > 0 ? [`${plural(long, 'text is', 'texts are')} long: where they are many, it reads the beginning and the end.`] : []),
  ];
}
