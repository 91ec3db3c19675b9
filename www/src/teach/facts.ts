import type { Example } from 'graftwork';
import { inSlices } from '../table/slices';
import type { Reading } from './reading';

/** What may explain how well something was learned. Plain data, so that it outlasts a reload. */
export interface Facts {
  texts: number;
  /** Tokens of the longest, and how many are read at once. */
  longest: number;
  maxLength: number;
  /** Texts that are longer than that, and those that are not read whole. */
  longer: number;
  cut: number;
  /** Texts in a language or script that the backbone hardly knows. */
  foreign: number;
  /** Examples of each label. */
  counts: Record<string, number>;
  /** Texts that are there under several labels. */
  contradictions: number;
  /** Of each label whose texts are mostly the same text again: how many are. */
  same: Record<string, number>;
}

/** Looks at the examples; in slices, since there may be many. */
export async function facts(examples: readonly Example[], { maxLength, survey }: Reading, signal?: AbortSignal): Promise<Facts> {
  const labels = new Map<string, Set<string>>();
  const times = new Map<string, Map<string, number>>();
  const counts: Record<string, number> = Object.fromEntries(examples.map(({ label }) => [label, 0]));
  await inSlices(examples, ({ text, label }) => {
    const key = gist(text);
    counts[label] = (counts[label] ?? 0) + 1;
    labels.set(key, (labels.get(key) ?? new Set()).add(label));
    const own = times.get(label) ?? new Map<string, number>();
    times.set(label, own.set(key, (own.get(key) ?? 0) + 1));
  }, signal);
  const same: Record<string, number> = {};
  for (const [label, own] of times) {
    const most = Math.max(...own.values());
    if (most >= MOST_ALIKE && most > (counts[label] ?? 0) / 2) same[label] = most;
  }
  return {
    texts: examples.length, longest: survey.longest, maxLength, longer: survey.longer, cut: survey.truncated, foreign: survey.uncovered, counts,
    contradictions: [...labels.values()].filter((own) => own.size > 1).length, same,
  };
}

const MOST_ALIKE = 4;

/** A text without what differs between two copies of a form: numbers, capitals, punctuation. */
function gist(text: string): string {
  return text.toLowerCase().replace(/[\d\p{P}\p{S}\s]+/gu, ' ').trim();
}
