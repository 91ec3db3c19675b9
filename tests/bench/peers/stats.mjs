// What a row of rounds is worth: middle and spread, never a single figure.

/** The quantile `q` of some numbers, between two of them by a straight line. */
export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

export const median = (values) => quantile(values, 0.5);

/** Median, quartiles and count; null of nothing. */
export function summary(values) {
  const there = values.filter((value) => value !== null);
  if (there.length === 0) return null;
  return { median: median(there), q1: quantile(there, 0.25), q3: quantile(there, 0.75), rounds: there.length };
}

/**
 * Each round against the same round of the other one: a machine that was slow for a while was so for both. Rounds that one
 * of them lacks (null) do not count.
 */
export function ratio(mine, other) {
  return summary(mine.map((value, round) => (value === null || other[round] == null ? null : value / other[round])));
}

/** From -1 to 1. */
export function cosine(a, b) {
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** The largest difference of two rows of numbers, as a share of the second's. */
export function apart(mine, other) {
  return Math.max(...mine.map((value, i) => Math.abs(value - other[i]) / Math.abs(other[i])));
}
