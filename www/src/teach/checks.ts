import type { Example } from 'graftwork';
import type { Reads } from '../language/reads';

/** What stands in the way of training, or may spoil it. */
export interface Check {
  level: 'stop' | 'warn';
  text: string;
  /** What one click can do about it. */
  fix?: 'drop-repeats' | 'drop-contradictions' | 'many-languages';
}

/** Fewer than this of a label and there is nothing to learn from, let alone to hold out. */
export const FEWEST = 4;
const FEW = 15;

/** Looks at the examples as someone would who has done this before. */
export function check(labels: readonly string[], examples: readonly Example[]): Check[] {
  const checks: Check[] = [];
  const counts = count(labels, examples);
  const stop = (text: string) => checks.push({ level: 'stop', text });
  const warn = (text: string, fix?: Check['fix']) => checks.push({ level: 'warn', text, ...(fix && { fix }) });

  if (labels.length < 2) stop('Name at least two labels.');
  const short = labels.filter((label) => (counts.get(label) ?? 0) < FEWEST);
  if (labels.length >= 2 && short.length > 0) {
    const missing = short.map((label) => `${FEWEST - (counts.get(label) ?? 0)} more of “${label}”`);
    stop(`To begin you need ${list(missing)}.`);
  }
  const few = labels.filter((label) => !short.includes(label) && (counts.get(label) ?? 0) < FEW);
  if (few.length > 0) warn(`Only a few of ${list(few.map((label) => `“${label}”`))}: with ${FEW} or more it learns better.`);

  const sizes = labels.map((label) => counts.get(label) ?? 0).filter((size) => size > 0);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  if (sizes.length > 1 && most > 8 * least) {
    warn(`The labels are uneven (${most} to ${least}): the rare one may be overlooked.`);
  }
  const { repeats, contradictions } = twice(examples);
  if (repeats > 0) warn(`${plural(repeats, 'example')} there twice.`, 'drop-repeats');
  if (contradictions > 0) warn(`${plural(contradictions, 'text')} under two labels.`, 'drop-contradictions');
  return checks;
}

/** What to say of texts that are in a language or script that the model hardly knows: one or two among many are no matter. */
export function foreign(texts: number, of: number, { foreign }: Reads): Check[] {
  if (foreign === undefined || of === 0 || texts < Math.max(1, of / 20)) return [];
  return [{ level: 'warn', text: `${texts} of ${of === 1 ? '1 text is' : `${of} texts are`} ${foreign.are}: expect less, the model here ${foreign.knows}.`, fix: 'many-languages' }];
}

/** Examples of each label. */
export function count(labels: readonly string[], examples: readonly Example[]): Map<string, number> {
  const counts = new Map(labels.map((label) => [label, 0]));
  for (const { label } of examples) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

/** The examples, each once. */
export function withoutRepeats<T extends Example>(examples: readonly T[]): T[] {
  const seen = new Set<string>();
  return examples.filter(({ text, label }) => {
    const key = `${label}\n${text.trim()}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** The examples without texts that have two labels. */
export function withoutContradictions<T extends Example>(examples: readonly T[]): T[] {
  const labels = labelsOf(examples);
  return examples.filter(({ text }) => labels.get(text.trim())?.size === 1);
}

/** In one pass, as it is asked after every change of what may be 10,000 examples. */
function twice(examples: readonly Example[]): { repeats: number; contradictions: number } {
  const first = new Map<string, string>();
  const several = new Map<string, Set<string>>();
  let repeats = 0;
  for (const { text, label } of examples) {
    const key = text.trim();
    const known = first.get(key);
    if (known === undefined) {
      first.set(key, label);
      continue;
    }
    const labels = several.get(key) ?? new Set([known]);
    if (labels.has(label)) repeats += 1;
    several.set(key, labels.add(label));
  }
  return { repeats, contradictions: [...several.values()].filter((labels) => labels.size > 1).length };
}

function labelsOf(examples: readonly Example[]): Map<string, Set<string>> {
  const all = new Map<string, Set<string>>();
  for (const { text, label } of examples) {
    const key = text.trim();
    const labels = all.get(key);
    if (labels === undefined) all.set(key, new Set([label]));
    else labels.add(label);
  }
  return all;
}

function plural(count: number, what: string): string {
  return count === 1 ? `One ${what} is` : `${count} ${what}s are`;
}

function list(words: string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
