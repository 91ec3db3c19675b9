import type { Backbone, Survey } from 'graftwork';

/** How much of each text is read. */
export interface Reading {
  /** Tokens that are read at once. */
  maxLength: number;
  /** What is read of a text that is longer; nothing said where none is. */
  longTexts?: 'ends' | 'windows';
  /** What was found in the texts, read so. */
  survey: Survey;
}

/** Tokens in a pass over the examples, beyond which less is read of each. */
const PASS = 500_000;
/** What may be read in windows, which is all of every text: of more, beginnings and ends. */
const WINDOWS = 30_000;

/**
 * Looks at the texts, and decides how much of them is read. Short texts cost what they have, so the limit is the backbone's; only where
 * the examples are so many that a pass would take too long, less is read of the long ones. `letters`: so many are about a token.
 */
export async function look(backbone: Backbone, texts: readonly string[], letters: number, signal?: AbortSignal): Promise<Reading> {
  const most = backbone.info.maxLength;
  const tokens = texts.map(({ length }) => length / letters);
  const sum = (limit: number) => tokens.reduce((all, own) => all + Math.min(own, limit), 0);
  const maxLength = [most, most / 2].find((limit) => sum(limit) <= PASS) ?? Math.ceil(most / 4);
  const options = { maxLength, ...(signal && { signal }) };
  const first = await backbone.survey(texts, options);
  if (first.longer === 0) return { maxLength, survey: first };
  const longTexts = sum(Infinity) <= WINDOWS ? 'windows' : 'ends';
  return { maxLength, longTexts, survey: await backbone.survey(texts, { ...options, longTexts }) };
}
