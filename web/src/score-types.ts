import type { CallOptions, TextLimit, TextPair, Warning } from './answer-types.js';

/** A text, or two that belong together, with a number: how similar they are, say. */
export interface ScoredText extends TextPair {
  /** The number, of whatever scale. */
  score: number;
}

/** The number of a text. */
export interface Scored {
  /** The number, on the scale of the training. */
  score: number;
  /** Why to take it with care; mostly nothing. */
  warnings: Warning[];
}

/** Options of `score`. */
export interface ScoreOptions extends CallOptions, TextLimit {}

/** What an evaluation of numbers found. */
export interface ScoreValidation {
  /** Pearson's correlation; chooses the best weights. */
  pearson: number;
  /** Spearman's rank correlation. */
  spearmanr: number;
  /** Mean squared error. */
  mse: number;
  /** Mean absolute error. */
  mae: number;
  /** Mean squared error, too: what is learned. */
  loss: number;
  /** Whether it is the best so far. */
  best: boolean;
  /** The number of each held-out example. */
  predictions: number[];
}
