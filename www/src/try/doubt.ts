import { likely } from '../parts/words';
import type { Answer } from './answers.svelte';

/** Below this probability an answer is a guess. */
const LOW = 0.6;
/** The second label is nearly as likely if it is no further off than this. */
const NEAR = 0.2;

/** Why an answer that is the likeliest is not sure; nothing where it may be taken at its word. */
export function doubt({ scores, thresholds, warnings }: Pick<Answer, 'scores' | 'thresholds' | 'warnings'>): string | undefined {
  const [first, second] = Object.entries(scores).sort(([, a], [, b]) => b - a);
  // What `Care` says of these in its own words is the reason.
  if (warnings.some(({ type }) => type !== 'truncated')) return '';
  // Where there may be several labels, each has a threshold of its own.
  if (first === undefined || thresholds !== undefined) return undefined;
  if (second !== undefined && first[1] - second[1] < NEAR) return `It may as well be ${second[0]} (${likely(second[1])}).`;
  return first[1] < LOW ? 'No label fits well.' : undefined;
}
