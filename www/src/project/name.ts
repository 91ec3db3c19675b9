import type { Material } from '../store/db';

/** What a project is called: as the visitor says, else by its labels. */
export function nameOf({ title, labels }: Pick<Material, 'title' | 'labels'>): string {
  return title.trim() || labels.join(' or ').slice(0, 60) || 'New project';
}

/** A name for a file: letters and digits of all scripts, and nothing that some system does not take. */
export function fileName(title: string): string {
  const words = title.normalize('NFC').toLowerCase().replace(/[^\p{L}\p{M}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '');
  return [...words].slice(0, 60).join('') || 'graftwork';
}
