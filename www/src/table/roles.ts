import type { Kind } from './kinds';
import { kindOf, sample } from './kinds';
import { isKnown } from './names';
import type { Table } from './table';

export type Role = 'text' | 'label' | 'unused';

/** Longer ones are texts. */
export const LONGEST_LABEL = 60;

/** What each column is, by its values; names only decide where values leave it open. */
export function guessRoles({ columns, rows, reading }: Table): Role[] {
  if (reading.separator === ':') return ['label', 'text'];
  const rest = sample(rows, 1000);
  const all = columns.map(({ name }, i) => ({ name, i, ...kindOf(rest.map((row) => row[i] ?? '')) }));
  const text = best(all, (one) => asText(one) + tie(one.name, 'text', 'label'));
  const label = best(all.filter(({ i }) => i !== text), (one) => asLabel(one, all[text ?? -1]) + tie(one.name, 'label', 'text'));
  return columns.map((_, i) => (i === text ? 'text' : i === label ? 'label' : 'unused'));
}

/** Where the most points are, if any are. */
function best<T extends Kind & { i: number }>(columns: T[], points: (column: T) => number): number | undefined {
  const rated = columns.filter(({ filled }) => filled > 0).map((column) => ({ i: column.i, points: points(column) }));
  return rated.filter(({ points }) => points > 0).sort((a, b) => b.points - a.points)[0]?.i;
}

/** Names break ties: less than any clear difference. */
function tie(name: string, wanted: 'text' | 'label', other: 'text' | 'label'): number {
  const known = [isKnown(name, wanted), isKnown(name, other)];
  return known[0] === known[1] ? 0 : known[0] ? 0.1 : -0.1;
}

/** Texts are long, and hardly one is like another. */
function asText({ letters, different, filled, machine }: Kind): number {
  if (machine) return 0.2;
  return 0.3 + Math.min(1, Math.log2(1 + letters) / 8) * (0.3 + (0.7 * different) / filled);
}

/** Labels are few, short, and come again. */
function asLabel({ name, letters, words, different, filled, machine, dull }: Kind & { name: string }, text: Kind | undefined): number {
  const again = 1 - different / filled;
  const [few, enough] = [different <= 20, filled >= 8];
  // Numbers are labels where there are few of them; a handful of rows does not show that, but their name may say so.
  const rated = dull && few && (again >= 0.5 || (!enough && isKnown(name, 'label')));
  if (letters > LONGEST_LABEL || words > 6 || (machine && !rated)) return 0;
  // In a handful of rows every label may be another, but it is shorter than the text.
  const plausible = enough ? again >= 0.3 : text !== undefined && letters <= text.letters;
  if (!plausible) return 0;
  const brief = 0.3 / (1 + Math.log2(1 + letters));
  return (0.3 + again + brief) * (dull ? 0.5 : 1) * (different === 1 && enough ? 0.3 : 1);
}
