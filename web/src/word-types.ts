import type { CallOptions, TextLimit, Warning } from './answer-types.js';

/** A text to learn words from: a sentence or a paragraph. Those that are blank are passed over. */
export type UnlabelledExample = string | {
  /** The text. */
  text: string;
};

/** What may stand for the masks of one text. */
export interface FilledText {
  /** Each mask that was read, in order. */
  masks: FilledMask[];
  /** Why to take it with care; mostly nothing. */
  warnings: Warning[];
}

/** A mask, `text.slice(start, end)`, and what may stand for it. */
export interface FilledMask {
  /** Its first UTF-16 unit. */
  start: number;
  /** The unit after its last one. */
  end: number;
  /** The most probable tokens, the best first. */
  fills: Fill[];
}

/** A token that may stand for a mask, as Hugging Face's `fill-mask` pipeline gives it. */
export interface Fill {
  /** Its number in the vocabulary. */
  token: number;
  /** The token as text. */
  tokenStr: string;
  /** Its probability among all tokens. */
  score: number;
  /** The whole text with it in place, spelled from its tokens; without special tokens where it is the only mask. */
  sequence: string;
}

/** Options of `fillMask`. Only first tokens can be read of a longer text. */
export interface FillMaskOptions extends CallOptions, Pick<TextLimit, 'maxLength'> {
  /** How many tokens are named for each mask. Default 5. */
  topK?: number;
}

/**
 * What an evaluation of hidden words found. The texts are laid into sequences of at most `maxLength` tokens, which count as
 * examples: `batchTokens` is 2048 by default.
 */
export interface WordsValidation {
  /** The share of the hidden tokens that were said right, from 0 to 1; chooses the best weights. */
  maskedAccuracy: number;
  /** e to the loss. */
  perplexity: number;
  /** Mean cross-entropy of a hidden token. */
  loss: number;
  /** Whether it is the best so far. */
  best: boolean;
  /** Of each held-out sequence, how many hidden tokens were said right, and of how many. */
  predictions: SaidRight[];
}

/** How well the hidden tokens of a sequence were said. */
export interface SaidRight {
  /** How many were said right. */
  right: number;
  /** Of how many. */
  of: number;
}
