// node --test: figures worked out by hand, or by numpy (`quantile`).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apart, cosine, median, quantile, ratio, summary } from './stats.mjs';

test('quantiles are numpy.quantile\'s', () => {
  assert.equal(quantile([7, 1, 3, 10], 0.25), 2.5);
  assert.equal(quantile([7, 1, 3, 10], 0.75), 7.75);
  assert.equal(median([5]), 5);
  assert.equal(median([4, 1, 2]), 2);
});

test('rounds are compared with the same round', () => {
  // Twice as slow a machine in the second round changes nothing; medians of each would say 30 / 15.
  assert.deepEqual(ratio([10, 20, 30], [20, 40, 15]), { median: 0.5, q1: 0.5, q3: 1.25, rounds: 3 });
  assert.deepEqual(ratio([10, null, 30, 8], [20, 40, null]), { median: 0.5, q1: 0.5, q3: 0.5, rounds: 1 });
  assert.equal(ratio([null], [1]), null);
});

test('a summary leaves out what is missing', () => {
  assert.deepEqual(summary([null, 2, 1, 3]), { median: 2, q1: 1.5, q3: 2.5, rounds: 3 });
  assert.equal(summary([]), null);
});

test('likeness', () => {
  assert.ok(Math.abs(cosine([3, 4], [6, 8]) - 1) < 1e-12);
  assert.equal(cosine([1, 0], [0, 2]), 0);
  assert.ok(Math.abs(apart([1, 2.2], [1, 2]) - 0.1) < 1e-12);
});
