import type { Classification, Example } from 'graftwork';
import type { Score } from '../store/db';

/** A held-out example that got the wrong label. */
export interface Mistake extends Example {
  answer: Classification;
}

/** How an adapter did on what it did not learn from. */
export interface Report extends Score {
  labels: string[];
  /** Row: the true label; column: the answer. */
  confusion: number[][];
  mistakes: Mistake[];
}

/** Compares answers with the truth; nothing where nothing was held out. */
export function report(
  labels: readonly string[], heldOut: readonly Example[], answers: readonly Classification[],
): Report | undefined {
  if (heldOut.length === 0) return undefined;
  const confusion = labels.map(() => labels.map(() => 0));
  const mistakes: Mistake[] = [];
  heldOut.forEach((example, i) => {
    const answer = answers[i];
    const row = confusion[labels.indexOf(example.label)];
    const column = labels.indexOf(answer?.label ?? '');
    if (answer === undefined || row === undefined || column < 0) return;
    row[column] = (row[column] ?? 0) + 1;
    if (answer.label !== example.label) mistakes.push({ ...example, answer });
  });
  // The surest mistakes say most: of the model, or of the label.
  mistakes.sort((a, b) => b.answer.score - a.answer.score);
  const commonest = Math.max(...confusion.map((row) => row.reduce((all, n) => all + n, 0)));
  const accuracy = 1 - mistakes.length / heldOut.length;
  const guessing = commonest / heldOut.length;
  return { labels: [...labels], confusion, mistakes, accuracy, heldOut: heldOut.length, guessing };
}
