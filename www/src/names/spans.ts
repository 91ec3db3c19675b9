import type { Entity, EntitySpan } from 'graftwork';

/** A piece of a text: plain, or an entity. */
export interface Piece {
  start: number;
  text: string;
  entity?: EntitySpan & Partial<Pick<Entity, 'score'>>;
}

/** Cuts a text at its entities, which are in order. */
export function pieces(text: string, entities: readonly NonNullable<Piece['entity']>[]): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const entity of entities) {
    if (entity.start > at) found.push({ start: at, text: text.slice(at, entity.start) });
    found.push({ start: entity.start, text: text.slice(entity.start, entity.end), entity });
    at = entity.end;
  }
  if (at < text.length) found.push({ start: at, text: text.slice(at) });
  return found;
}

/** Types in the order in which they first occur, which decides their colours. */
export function typesOf(tags: readonly string[]): string[] {
  return [...new Set(tags.filter((tag) => /^[BIES]-/.test(tag)).map((tag) => tag.slice(2)))];
}

/** Where the words of a text are, as a reader sees them: letters, digits and marks; whatever else stands alone. */
export function words(text: string): { start: number; end: number }[] {
  const found = text.matchAll(/[\p{L}\p{N}\p{M}]+|[^\s\p{L}\p{N}\p{M}]/gu);
  return [...found].map((match) => ({ start: match.index, end: match.index + match[0].length }));
}
