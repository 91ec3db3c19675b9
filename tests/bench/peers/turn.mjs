// One turn of one variant: opened, asked everything that it does, closed.
import { median } from './stats.mjs';

/** What is asked, and how long. A software GPU takes minutes for what others do in a second: little is asked of it, once. */
const USUAL = { cases: ['a', 'b', 'c', 'd'], growth: true, steps: 4, warm: 1.5, effort: { least: 2, seconds: 0.6 } };
const SLOW = { cases: ['a', 'b'], growth: false, steps: 2, warm: 0, effort: { least: 1, seconds: 0 } };

/** The names of all measures, each a time in milliseconds. */
export const measure = {
  start: 'start', train: 'train', alternate: 'alternate',
  embed: (name) => `embed ${name}`, growth: (axis, at) => `${axis} ${at}`,
};

/**
 * Times by their names, memory in bytes, and what came out: vectors of the cases, tokens where the peer counts them, losses.
 */
export async function turn(open, variant, work, slow) {
  const { cases, growth, steps, warm, effort } = slow ? SLOW : USUAL;
  const does = (verb) => variant.does.includes(verb);
  const found = { times: {}, memory: {}, vectors: {}, tokens: {}, losses: null };
  const peer = await open(variant);
  try {
    found.times[measure.start] = peer.start;
    found.version = peer.version;
    found.memory.loaded = await peer.memory();
    if (does('embed')) {
      for (const name of cases) {
        const { ms, vectors, tokens } = await peer.ask('embed', { texts: work.cases[name], warm, ...effort });
        found.times[measure.embed(name)] = median(ms);
        Object.assign(found.vectors, { [name]: vectors });
        if (tokens !== undefined) found.tokens[name] = tokens;
      }
      for (const [axis, points] of Object.entries(growth ? work.growth : {})) {
        for (const [at, texts] of Object.entries(points)) {
          const { ms } = await peer.ask('embed', { texts, warm: 0, least: 1, seconds: 0 });
          found.times[measure.growth(axis, at)] = median(ms);
        }
      }
    }
    if (does('train')) {
      const { ms, losses } = await peer.ask('train', { step: work.step, steps });
      found.times[measure.train] = median(ms);
      found.losses = losses;
    }
    if (does('alternate')) {
      const { ms } = await peer.ask('alternate', { text: work.first, ...effort, least: 2 * effort.least });
      found.times[measure.alternate] = median(ms);
    }
    found.memory.after = await peer.memory();
    return found;
  } finally {
    await peer.close();
  }
}
