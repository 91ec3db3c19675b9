/** How it is learned; where nobody says, as many examples there are decides. */
export type Way = 'auto' | 'few' | 'many';

/** Examples in a step of the ordinary training. */
export const BATCH = 32;
/** So many right, and further training could hardly be seen to make it better. */
export const SUFFICES = 0.95;

/** Whether examples are so few that the recipe for few is better, by the project's measurements (`tests/bench/few-examples.md`). */
export function isFew(way: Way, examples: number, labels: number): boolean {
  return way === 'auto' ? examples <= 1000 || examples <= 50 * labels : way === 'few';
}

/** Passes of the ordinary training, as the package takes them: at least 3, and up to 20 until that makes 200 steps. */
export function epochsFor(learned: number): number {
  const steps = Math.max(1, Math.ceil(learned / BATCH));
  return Math.min(20, Math.max(3, Math.ceil(200 / steps)));
}
