import type { Classification, Comparison, Example } from 'graftwork';
import type { Score } from '../store/db';

/** An example that got the wrong label when it was asked about. */
export interface Mistake extends Example {
  answer: Classification;
  /** Which of several that were asked said so: each had learned from other examples. */
  by: number;
}

/** How examples were answered that had not been learned from. Plain data: it can be cloned and stored. */
export interface Report extends Score {
  labels: string[];
  right: number;
  /** The label that most of them have. */
  commonest: string;
  /** Row: the true label; column: the answer. */
  confusion: number[][];
  mistakes: Mistake[];
  /** Where it learned on afterwards: what a second check, which decided whether that is kept, found of both. */
  further?: Comparison;
}

/** An answer to an example, and who gave it. */
export interface Answered {
  example: Example;
  answer: Classification;
  by: number;
}

/** Compares answers with the truth; nothing where nothing was asked. */
export function report(labels: readonly string[], answers: readonly Answered[]): Report | undefined {
  if (answers.length === 0) return undefined;
  const confusion = labels.map(() => labels.map(() => 0));
  const mistakes: Mistake[] = [];
  for (const { example, answer, by } of answers) {
    const row = confusion[labels.indexOf(example.label)];
    const column = labels.indexOf(answer.label);
    if (row === undefined || column < 0) continue;
    row[column] = (row[column] ?? 0) + 1;
    if (answer.label !== example.label) mistakes.push({ ...example, answer, by });
  }
  // The surest mistakes say most: of the model, or of the label.
  mistakes.sort((a, b) => b.answer.score - a.answer.score);
  const sizes = confusion.map((row) => row.reduce((all, n) => all + n, 0));
  const most = Math.max(...sizes);
  const [heldOut, right] = [answers.length, answers.length - mistakes.length];
  return {
    labels: [...labels], confusion, mistakes, right, heldOut, accuracy: right / heldOut,
    guessing: most / heldOut, commonest: labels[sizes.indexOf(most)] ?? '',
  };
}
