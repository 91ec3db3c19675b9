// From turns to a result: every round as it was, ratios between those who are compared, and a table for the terminal.
import { ratio, summary } from './stats.mjs';

/** What the file says. Times are milliseconds, sizes bytes; a round that somebody was not measured in is null. */
export function results({ machine, rounds, loads, minutes, all }) {
  const variants = all.map(({ variant, turns, missing, bytes, check }) => ({
    name: variant.name, place: variant.place, threads: variant.threads ?? null, ours: ['graftwork', 'bench'].includes(variant.peer),
    does: variant.does, version: turns.find(Boolean)?.version ?? null, missing, bytes, check,
    memory: turns.findLast(Boolean)?.memory ?? null,
    times: times(turns, rounds),
  }));
  const ratios = all.flatMap(({ variant }) => compared(variant, variants));
  return { made: new Date().toISOString(), minutes, rounds, machine: { ...machine, loads }, variants, ratios };
}

/** By the name of a measure, a number or null for each round. */
function times(turns, rounds) {
  const names = new Set(turns.filter(Boolean).flatMap((turn) => Object.keys(turn.times)));
  const row = (name) => Array.from({ length: rounds }, (_, round) => turns[round]?.times[name] ?? null);
  return Object.fromEntries([...names].map((name) => [name, row(name)]));
}

/** Ours over its peers', for each measure that both have. */
function compared(variant, variants) {
  const named = (name) => variants.find((one) => one.name === name && one.missing === null);
  const mine = named(variant.name);
  if (mine === undefined) return [];
  const of = (verb) => (measure) => measure === verb || (verb === 'embed' && /^(embed|start)/.test(measure));
  return Object.entries(variant.against ?? {}).flatMap(([verb, name]) => {
    const other = named(name);
    const both = Object.keys(mine.times).filter(of(verb)).filter((measure) => other?.times[measure]);
    return both.map((measure) => ({
      measure, ours: variant.name, peer: name, ...ratio(mine.times[measure], other.times[measure]),
    })).filter(({ rounds }) => rounds > 0);
  });
}

/** The table for the terminal. */
export function summarise({ machine, variants, ratios }) {
  const lines = [`${machine.cores} cores of ${machine.cpu}, Chromium ${machine.chromium}; medians [quartiles] in ms`];
  for (const { name, missing, times, bytes, check } of variants) {
    lines.push('', `${name}${missing === null ? '' : `: not measured: ${missing}`}`);
    if (missing !== null) continue;
    const short = Object.entries(times).filter(([measure]) => !/^(tokens|length)/.test(measure));
    for (const [measure, row] of short) {
      const { median, q1, q3 } = summary(row);
      lines.push(`  ${measure.padEnd(10)} ${figure(median)} [${figure(q1)}, ${figure(q3)}]`);
    }
    if (bytes) lines.push(`  downloads  ${bytes.code} bytes of code with brotli, ${bytes.model} of the model`);
    if (check?.cosine !== undefined) lines.push(`  cosine     ${check.cosine.toFixed(6)} at least to graftwork's vectors`);
    if (check?.losses !== undefined) lines.push(`  losses     ${check.losses.toExponential(1)} apart from graftwork's at most`);
  }
  lines.push('', 'ours over theirs: median [quartiles] of the rounds');
  for (const { measure, ours, peer, median, q1, q3 } of ratios) {
    lines.push(`  ${median.toFixed(2)} [${q1.toFixed(2)}, ${q3.toFixed(2)}]  ${measure}: ${ours} / ${peer}`);
  }
  return lines.join('\n');
}

const figure = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0));
