import type { TextPair, Warning } from './answer-types.js';

/** A text, or two that belong together, with all of its labels. */
export interface LabelledText extends TextPair {
  /** Some of the adapter's labels, perhaps none. */
  labels: readonly string[];
}

/** The answer about a text that may have several labels. */
export interface LabelSet {
  /** Those whose probability reaches their threshold, the most probable first; perhaps none. */
  labels: string[];
  /** Each label's probability, which do not add up to 1; with `topK`, of the most probable ones. */
  scores: Record<string, number>;
  /** Before the sigmoid, in the order of the labels. */
  logits: number[];
  /** Why to take it with care; mostly nothing. */
  warnings: Warning[];
}

/** What an evaluation of texts with several labels found, with a threshold of 0.5. */
export interface LabelSetValidation {
  /** F1 of all decisions together; chooses the best weights. */
  f1Micro: number;
  /** The mean of the labels' F1, each label counting the same. */
  f1Macro: number;
  /** The share of the texts that got exactly their labels. */
  subsetAccuracy: number;
  /** Mean binary cross-entropy. */
  loss: number;
  /** Whether it is the best so far. */
  best: boolean;
  /** The labels that each held-out example got. */
  predictions: string[][];
}
