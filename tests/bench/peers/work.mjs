// What everybody is asked to do. Texts are made of words that are one token each in the model's vocabulary, so that the
// counts are exact and whoever has no tokenizer can be given the ids.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const [CLS, SEP] = [101, 102];

/** Numbers from 0 to below 1, the same ones for the same seed (mulberry32). */
export function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const same = (count, length) => Array(count).fill(length);

/** 32 lengths from 5 to 128, evenly spread and mixed: 2,128 tokens. */
const RAGGED = Array.from({ length: 32 }, (_, i) => Math.round(5 + (123 * ((i * 13) % 32)) / 31));

/** Tokens of each text. */
export const CASES = { a: same(1, 12), b: same(32, 24), c: same(8, 128), d: RAGGED };

/** The curves of the plots: more texts of one length, and as many tokens in longer texts. */
export const GROWTH = {
  tokens: Object.fromEntries([1, 2, 4, 8, 16, 32].map((count) => [count * 32, same(count, 32)])),
  length: Object.fromEntries([16, 32, 64, 128, 256].map((length) => [length, same(1024 / length, length)])),
};

/** A training step: 8 x 64 tokens, of two labels. */
export const STEP = { lengths: same(8, 64), labels: [0, 1, 0, 1, 0, 1, 0, 1], rate: 1e-3 };

/** Everything by name, with texts and token ids. */
export async function work(model) {
  const { model: { vocab } } = JSON.parse(await readFile(join(model, 'tokenizer.json'), 'utf8'));
  const words = Object.entries(vocab).filter(([word]) => /^[a-z]{3,9}$/.test(word)).sort((a, b) => a[1] - b[1]);
  const next = random(1);
  const text = (length) => {
    const chosen = Array.from({ length: length - 2 }, () => words[Math.floor(next() * words.length)]);
    return { text: chosen.map(([word]) => word).join(' '), ids: [CLS, ...chosen.map(([, id]) => id), SEP] };
  };
  const texts = (lengths) => lengths.map((length) => text(length).text);
  const made = Object.fromEntries(Object.entries(CASES).map(([name, lengths]) => [name, texts(lengths)]));
  const growth = {};
  for (const [axis, points] of Object.entries(GROWTH)) {
    growth[axis] = Object.fromEntries(Object.entries(points).map(([at, lengths]) => [at, texts(lengths)]));
  }
  const batch = STEP.lengths.map(text);
  const step = { texts: batch.map((one) => one.text), ids: batch.map((one) => one.ids), labels: STEP.labels, rate: STEP.rate };
  return { cases: made, growth, step, first: 'the first text of this visit' };
}
