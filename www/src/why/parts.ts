/** A stretch of a text: `text.slice(start, end)`. */
export interface Part {
  start: number;
  end: number;
}

/** What a part is worth: how much the log-odds of the label fall without it; below 0, it speaks against the label. */
export interface Weighed extends Part {
  drop: number;
  /** The label that is given without it. */
  label: string;
}

/** More parts would take long to be asked about: of longer texts, several words are left out together. */
export const MOST = 40;
/** So many words are pointed out at most. */
const SHOWN = 6;
/** A part that counts less than this share of the one that counts most is not pointed out, nor one that hardly counts. */
const SHARE = 0.35;
const LEAST = 0.1;

/** A text's words; where there are more than `most`, stretches of several that do not go across the end of a sentence. */
export function parts(text: string, most = MOST): Part[] {
  const words = wordsOf(text);
  const shortest = Math.max(1, Math.floor(words.length / most));
  // Sentences end stretches early, so that a first guess at their length may give too many; very short sentences are joined in the end.
  for (let length = shortest; ; length += 1) {
    const apart = length > 1 && length <= 3 * shortest;
    const found: Part[] = [];
    let count = 0;
    for (const word of words) {
      const last = found.at(-1);
      if (last === undefined || count === length || (apart && /[.!?。！？]["’”)」]?$/.test(text.slice(last.start, last.end)))) {
        found.push({ ...word });
        count = 0;
      } else {
        last.end = word.end;
      }
      count += 1;
    }
    if (found.length <= most) return found;
  }
}

/** The text without a part. */
export function without(text: string, { start, end }: Part): string {
  const [before, after] = [text.slice(0, start), text.slice(end)];
  const between = /\s$/.test(before) || /^\s/.test(after) ? ' ' : '';
  return `${before.trimEnd()}${between}${after.trimStart()}`.trim();
}

/** Scripts that put no spaces between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

function wordsOf(text: string): Part[] {
  return [...text.matchAll(/\S+/g)].flatMap(({ 0: run, index }) => {
    // Older browsers do not know where their words end.
    return UNSPACED.test(run) && 'Segmenter' in Intl ? segmented(run, index) : [{ start: index, end: index + run.length }];
  });
}

/** Words by the browser's dictionary, each with the marks behind it. */
function segmented(run: string, at: number): Part[] {
  const words: Part[] = [];
  for (const { segment, index, isWordLike } of new Intl.Segmenter(undefined, { granularity: 'word' }).segment(run)) {
    const [start, end] = [at + index, at + index + segment.length];
    const last = words.at(-1);
    if (isWordLike || last === undefined) words.push({ start, end });
    else last.end = end;
  }
  return words;
}

/** The log-odds of a probability, which also tell apart what is nearly certain. */
export function logOdds(probability: number): number {
  const p = Math.min(1 - 1e-7, Math.max(1e-7, probability));
  return Math.log(p / (1 - p));
}

/** Those that mattered, in the order of the text: for the label, or against it. */
export function mattering(weighed: readonly Weighed[]): { pro: Weighed[]; contra: Weighed[] } {
  const most = Math.max(LEAST, ...weighed.map(({ drop }) => Math.abs(drop)));
  const pick = (sign: number) => [...weighed]
    .filter(({ drop }) => sign * drop >= Math.max(LEAST, SHARE * most))
    .sort((a, b) => sign * (b.drop - a.drop))
    .slice(0, SHOWN)
    .sort((a, b) => a.start - b.start);
  return { pro: pick(1), contra: pick(-1) };
}
