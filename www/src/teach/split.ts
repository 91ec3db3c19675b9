import type { Example } from 'graftwork';

/** Examples to learn from, to choose the best weights by, and to be asked about afterwards. */
export interface Split {
  learned: Example[];
  /** Who chooses by them may not be judged by them. */
  chosenBy: Example[];
  heldOut: Example[];
}

/** More than this tells hardly more, and takes time at every look. */
const MOST = 500;
const CHOOSE = 0.1;
const MOST_CHOOSE = 200;

/**
 * Holds out a share of every label, so that rare ones are asked about too; at least one of each where two are there. Of what is left, a
 * tenth chooses the weights. The same seed gives the same split.
 */
export function split(examples: readonly Example[], share: number, seed: number): Split {
  const random = generator(seed);
  const fair = Math.min(share, MOST / Math.max(1, examples.length));
  const chosen = Math.min(CHOOSE, MOST_CHOOSE / Math.max(1, examples.length));
  const out: Split = { learned: [], chosenBy: [], heldOut: [] };
  for (const places of byLabel(examples.map(({ label }) => label)).values()) {
    const own = shuffled(places, random).flatMap((place) => examples[place] ?? []);
    const asked = share === 0 || own.length < 2 ? 0 : Math.max(1, Math.round(own.length * fair));
    const choosing = Math.round((own.length - asked) * chosen);
    out.heldOut.push(...own.slice(0, asked));
    out.chosenBy.push(...own.slice(asked, asked + choosing));
    out.learned.push(...own.slice(asked + choosing));
  }
  return { ...out, learned: shuffled(out.learned, random) };
}

/** In which of `k` folds each example is asked about; of every label each fold gets its share. */
export function folds(labels: readonly string[], k: number, seed: number): number[] {
  const random = generator(seed);
  const fold = labels.map(() => 0);
  let next = 0;
  for (const places of byLabel(labels).values()) {
    for (const place of shuffled(places, random)) fold[place] = next++ % k;
  }
  return fold;
}

function byLabel(labels: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [i, label] of labels.entries()) {
    const own = places.get(label);
    if (own === undefined) places.set(label, [i]);
    else own.push(i);
  }
  return places;
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i -= 1) {
    const k = Math.floor(random() * (i + 1));
    [all[i], all[k]] = [all[k] as T, all[i] as T];
  }
  return all;
}

/** Mulberry32: small, and good enough to shuffle. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x = (x + Math.imul(x ^ (x >>> 7), x | 61)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
