import type { Example } from 'graftwork';

/** Examples to learn from, and examples to be asked about afterwards. */
export interface Split {
  learned: Example[];
  heldOut: Example[];
}

/** More than this tells hardly more, and takes time at every look. */
const MOST = 500;

/**
 * Holds out a share of every label, so that rare ones are asked about too; at least one of each where two are there.
 * The same seed gives the same split.
 */
export function split(examples: readonly Example[], share: number, seed: number): Split {
  const random = generator(seed);
  const fair = Math.min(share, MOST / Math.max(1, examples.length));
  const out: Split = { learned: [], heldOut: [] };
  for (const label of new Set(examples.map((example) => example.label))) {
    const own = shuffled(examples.filter((example) => example.label === label), random);
    const asked = share === 0 || own.length < 2 ? 0 : Math.max(1, Math.round(own.length * fair));
    out.heldOut.push(...own.slice(0, asked));
    out.learned.push(...own.slice(asked));
  }
  return { learned: shuffled(out.learned, random), heldOut: out.heldOut };
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
