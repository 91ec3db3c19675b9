import type { CallOptions, TextLimit, Warning } from './answer-types.js';

/** A question about a context. */
export interface Question {
  /** What is asked. */
  question: string;
  /** What the answer stands in, of any length: it is read in overlapping windows. */
  context: string;
}

/** A question with its right answers. */
export interface QuestionExample extends Question {
  /** The right answers, the first of which is learned; none where the context has none. */
  answers: readonly GivenAnswer[];
}

/** Where an answer stands: `context.slice(start, start + text.length)`. */
export interface GivenAnswer {
  /** The answer, as it stands in the context. */
  text: string;
  /** Its first UTF-16 unit. */
  start: number;
}

/** The answer to a question. */
export interface Answering {
  /** The answer; null if there is none. */
  answer: AnswerSpan | null;
  /** The most probable pieces of the context, `topK` of them, whether they are good enough or not. */
  answers: AnswerSpan[];
  /** The probability that there is no answer; null where nothing says how large is too large. */
  noAnswer: number | null;
  /** Why to take it with care; mostly nothing. */
  warnings: Warning[];
}

/** A piece of a context: `context.slice(start, end)`. */
export interface AnswerSpan {
  /** What stands there. */
  text: string;
  /** Its first UTF-16 unit. */
  start: number;
  /** The unit after its last one. */
  end: number;
  /** Its probability among the best pieces, and no answer where there may be none. */
  score: number;
}

/** Options of `answer`. */
export interface AnswerOptions extends CallOptions, Pick<TextLimit, 'maxLength'> {
  /** How many pieces are given, the most probable first. Default 1. */
  topK?: number;
  /** The most tokens of an answer. Default 30. */
  maxAnswerLength?: number;
  /**
   * Above which probability of no answer, beside the best piece, there is none, from 0 to 1. Default:
   * `AdapterInfo.thresholds`; without, there is always an answer.
   */
  threshold?: number;
}

/** What an evaluation of answers found, by the names of SQuAD's script, from 0 to 1. */
export interface AnswerValidation {
  /** The mean overlap in words with the best of the right answers; chooses the best weights. */
  f1: number;
  /** The share of the answers that are right to the word. */
  exactMatch: number;
  /** F1 of the questions that have an answer; this and the next two are there where some have none. */
  hasAnswerF1?: number;
  /** The share of those that were answered to the word. */
  hasAnswerExact?: number;
  /** The share of the questions without answer that got none. */
  noAnswerExact?: number;
  /** Mean cross-entropy of both ends, of all windows. */
  loss: number;
  /** Whether it is the best so far. */
  best: boolean;
  /** What was found for each held-out question. */
  predictions: AnswerPrediction[];
}

/** What was found for a question in an evaluation. */
export interface AnswerPrediction {
  /** The best piece of the context. */
  text: string;
  /** The probability of no answer beside it. */
  noAnswer: number;
}
