import { kindOf, sample } from './kinds';
import { isKnown } from './names';

/** Whether the first row names the columns. Its values beside those below say so; where they say nothing, known names do. */
export function guessHeader(records: readonly string[][]): boolean {
  const [first, ...below] = [...records.slice(0, 1), ...sample(records.slice(1), 500)];
  if (first === undefined) return false;
  const names = first.map((cell) => cell.trim());
  const nameable = names.every((name) => name.length <= 40 && !/[.!?…]$/.test(name)) && names.some((name) => name !== '');
  if (!nameable || new Set(names.filter((name) => name !== '')).size < names.filter((name) => name !== '').length) return false;
  const told = names.map((name, i) => tells(name, below.map((row) => row[i] ?? ''))).reduce((sum, points) => sum + points, 0);
  if (Math.abs(told) >= 2) return told > 0;
  const [text, label] = [names.some((name) => isKnown(name, 'text')), names.some((name) => isKnown(name, 'label'))];
  return text && label ? told >= -1 : (text || label) && (told >= 1 || (names.length === 1 && told === 0));
}

/** How much a cell is unlike those below it; negative where it is like them. */
function tells(name: string, below: string[]): number {
  const kind = kindOf(below);
  if (kind.filled === 0 || name === '') return 0;
  if (kind.machine) return kindOf([name]).machine ? -2 : 2;
  const folded = name.toLowerCase();
  const again = below.some((cell) => cell.trim().toLowerCase() === folded);
  if (again) return -2;
  // Labels come again and again: one that comes once, and that as the first, is none.
  if (kind.filled >= 4 && kind.different <= kind.filled / 2) return 1;
  if (kind.letters >= 20 && kind.words >= 4) return name.length * 3 <= kind.letters && name.split(/\s+/).length <= 3 ? 1 : -1;
  return 0;
}
