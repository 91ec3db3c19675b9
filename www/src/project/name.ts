import type { Material, Score } from '../store/db';

/** The longest name that there is room for. */
const LONGEST = 60;

/** What a project is called: as the visitor says, else by its labels. */
export function nameOf({ title, labels }: Pick<Material, 'title' | 'labels'>): string {
  return title.trim() || labels.join(' or ').slice(0, LONGEST) || 'New project';
}

/** The name, or with a number where it is taken. */
export function distinct(wanted: string, taken: readonly string[]): string {
  const others = new Set(taken);
  let name = wanted.slice(0, LONGEST);
  for (let i = 2; others.has(name); i += 1) name = `${wanted.slice(0, LONGEST - 5)} (${i})`;
  return name;
}

/** A name for a file: letters and digits of all scripts, and nothing that some system does not take. */
export function fileName(title: string): string {
  const words = title.normalize('NFC').toLowerCase().replace(/[^\p{L}\p{M}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '');
  return [...words].slice(0, 60).join('') || 'graftwork';
}

/** `39 of 40`: of few examples a percentage says more than is known. */
export function rightOf({ accuracy, heldOut }: Score): string {
  return `${Math.round(accuracy * heldOut)} of ${heldOut}`;
}
