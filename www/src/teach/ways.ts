/** How it is learned; where nobody says, as many examples there are decides. */
export type Way = 'auto' | 'few' | 'many';

/** Examples in a step of the ordinary training. */
export const BATCH = 32;
/**
 * Where a fitted head gets so many right, it is all that is learned: on sets where it did, an adapter brought nothing on average
 * (`tests/bench/few-examples.md`), and takes minutes.
 */
export const SUFFICES = 0.9;

/** Whether examples are so few that the recipe for few is better, by the project's measurements (`tests/bench/few-examples.md`). */
export function isFew(way: Way, examples: number, labels: number): boolean {
  return way === 'auto' ? examples <= 1000 || examples <= 50 * labels : way === 'few';
}

/** Passes of the ordinary training, as the package takes them: at least 3, and up to 20 until that makes 200 steps. */
export function epochsFor(learned: number): number {
  const steps = Math.max(1, Math.ceil(learned / BATCH));
  return Math.min(20, Math.max(3, Math.ceil(200 / steps)));
}
