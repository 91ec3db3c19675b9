import type { CallOptions, TextLimit, Warning } from './answer-types.js';

/** A prompt and what there is to choose from. */
export interface Choices {
  /** What each choice is read beside: a question, or the beginning of a story. */
  prompt: string;
  /** The choices. Any number may be asked about. */
  choices: readonly string[];
}

/** A prompt whose right choice is known: of at least two choices, and at most as many as the adapter was made for. */
export interface ChoiceExample extends Choices {
  /** The place of the right choice, from 0. */
  label: number;
}

/** Which choice fits a prompt best. */
export interface Choice {
  /** The choice. */
  choice: string;
  /** Its place, from 0. */
  index: number;
  /** The probability of each choice, in their order. */
  scores: number[];
  /** Before the softmax. */
  logits: number[];
  /** Why to take it with care; mostly nothing. */
  warnings: Warning[];
}

/** Options of `choose`. Only first tokens can be read of a prompt with a choice that are longer. */
export interface ChooseOptions extends CallOptions, Pick<TextLimit, 'maxLength'> {}

/** What an evaluation of choices found. */
export interface ChoiceValidation {
  /** The share of the prompts whose right choice was taken, from 0 to 1; chooses the best weights. */
  accuracy: number;
  /** Mean cross-entropy over the choices of each prompt. */
  loss: number;
  /** Whether it is the best so far. */
  best: boolean;
  /** The place of the choice taken for each held-out prompt. */
  predictions: number[];
}
