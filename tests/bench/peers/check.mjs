// Whether a peer computes the same as we do: nobody measures a wrong computation.
import { CASES } from './work.mjs';
import { apart, cosine } from './stats.mjs';

/** Losses may be this far apart, as a share; of weights in fewer bits, the second. */
const [CLOSE, NEAR] = [1e-3, 5e-2];

/** How alike a turn's answers and the reference's are, and what is wrong with that, if anything. */
export function check(variant, mine, reference) {
  const wrong = [];
  const report = {};
  const cosines = Object.entries(mine.vectors).flatMap(([name, rows]) => {
    const theirs = reference.vectors[name];
    if (rows.length === theirs.length) return rows.map((row, i) => cosine(row, theirs[i]));
    wrong.push(`${rows.length} vectors of ${theirs.length} texts`);
    return [];
  });
  if (cosines.length > 0) {
    report.cosine = Math.min(...cosines);
    if (!(report.cosine >= variant.least)) wrong.push(`a vector has a cosine of ${report.cosine.toFixed(5)} to graftwork's`);
  }
  for (const [name, tokens] of Object.entries(mine.tokens)) {
    const meant = CASES[name].reduce((a, b) => a + b);
    if (tokens !== meant) wrong.push(`case ${name} has ${tokens} tokens instead of ${meant}`);
  }
  if (mine.losses !== null && reference.losses !== null) {
    const first = reference.losses.slice(0, mine.losses.length);
    report.losses = apart(mine.losses, first);
    const allowed = (variant.least ?? 1) < 0.9999 ? NEAR : CLOSE;
    if (!(report.losses <= allowed)) wrong.push(`losses ${mine.losses.join(', ')} instead of ${first.join(', ')}`);
  }
  return { ...report, wrong: wrong.length > 0 ? wrong.join('; ') : null };
}
