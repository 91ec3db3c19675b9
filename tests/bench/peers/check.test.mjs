// node --test: whoever computes something else is found, and rounds that are missing are no zeros.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from './check.mjs';
import { results } from './results.mjs';

const reference = { vectors: { a: [[1, 0, 0]] }, tokens: {}, losses: [0.7, 0.6, 0.5] };
const exact = { least: 0.9999 };
const answer = (changes) => ({ vectors: {}, tokens: {}, losses: null, ...changes });

test('the same answers pass', () => {
  const { wrong, cosine, losses } = check(exact, answer({ vectors: { a: [[2, 0, 0]] }, tokens: { a: 12 }, losses: [0.7, 0.6] }), reference);
  assert.deepEqual([wrong, cosine, losses], [null, 1, 0]);
});

test('other answers are told', () => {
  const wrong = (changes, variant = exact) => check(variant, answer(changes), reference).wrong;
  assert.match(wrong({ vectors: { a: [[1, 0.1, 0]] } }), /cosine of 0\.99504/);
  assert.match(wrong({ vectors: { a: [[NaN, 0, 0]] } }), /cosine of NaN/);
  assert.match(wrong({ vectors: { a: [[1, 0, 0], [1, 0, 0]] } }), /2 vectors of 1 texts/);
  assert.match(wrong({ tokens: { a: 13 } }), /13 tokens instead of 12/);
  assert.match(wrong({ losses: [0.7, 0.61] }), /losses 0\.7, 0\.61 instead of 0\.7, 0\.6/);
  // Fewer bits may be further away, but not anywhere.
  assert.equal(wrong({ losses: [0.7, 0.61] }, { least: 0.9 }), null);
  assert.match(wrong({ losses: [0.7, 0.7] }, { least: 0.9 }), /losses/);
});

test('rounds are kept apart, and compared where both were measured', () => {
  const one = (name, times, more) => ({
    variant: { name, place: 'native', peer: name, does: ['embed'], ...more }, missing: null, bytes: null, check: null,
    turns: times.map((ms) => (ms === null ? null : { times: { 'embed a': ms }, memory: {} })),
  });
  const all = [one('ours', [10, 12, null], { against: { embed: 'theirs' } }), one('theirs', [20, 16, 5])];
  const { variants, ratios } = results({ machine: {}, rounds: 3, loads: [], minutes: 1, all });
  assert.deepEqual(variants[0].times, { 'embed a': [10, 12, null] });
  assert.deepEqual(ratios, [{ measure: 'embed a', ours: 'ours', peer: 'theirs', median: 0.625, q1: 0.5625, q3: 0.6875, rounds: 2 }]);
  all[1].missing = 'it computes something else';
  assert.deepEqual(results({ machine: {}, rounds: 3, loads: [], minutes: 1, all }).ratios, []);
});
