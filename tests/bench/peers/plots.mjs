// The page of plots: one file without scripts, from what `results.mjs` says.
import { readFileSync } from 'node:fs';
import { bars, escape, figure, lines, ratios } from './charts.mjs';
import { quantile, summary } from './stats.mjs';

const css = readFileSync(new URL('plots.css', import.meta.url), 'utf8');

/** What each figure of bars shows: its title, and a word on it. */
const TIMES = [
  ['embed a', 'One text of 12 tokens', 'Text in, mean-pooled vector out.'],
  ['embed b', '32 texts of 24 tokens', ''],
  ['embed c', '8 texts of 128 tokens', ''],
  ['embed d', '32 texts of 5 to 128 tokens', '2,128 tokens; 4,096 where all are padded to the longest.'],
  ['train', 'A training step', '8 texts of 64 tokens, bottleneck adapters of 64 after attention and feed-forward, Adam.'],
  ['alternate', 'Two adapters in turns', 'One text of 8 tokens, each time by the other adapter.'],
  ['start', 'First answer', `From the navigation, or the start of the program; every file is on this machine already. Of those that only
train: the model is loaded.`],
];

const SOFTWARE = ', a software GPU: measured once, with cases a and b alone';

const TITLES = Object.fromEntries(TIMES.map(([measure, title]) => [measure, title]));

/** The page as text. */
export function page(result) {
  const measured = result.variants.filter(({ missing }) => missing === null);
  const missing = result.variants.filter((one) => one.missing !== null);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>graftwork and its peers</title><style>${css}</style>
<h1>graftwork and its peers</h1>
<p>All take turns in each round, on one machine. Figures are medians of ${result.rounds} round${result.rounds > 1 ? 's' : ''};
dark lines reach from the first to the third quartile. All compute the same model, all-MiniLM-L6-v2, and their vectors and
losses were compared.</p>
${about(result, measured)}
${compared(result)}
<h2>Growth</h2><div class="two">
${growth(measured, 'tokens', { x: 'tokens, in texts of 32', y: 'ms', caption: 'More texts' })}
${growth(measured, 'length', { x: 'tokens a text, 1,024 in all', y: 'ms', caption: 'Longer texts' })}
${threads(measured)}</div>
<h2>Times</h2>
${TIMES.map(([measure, title, note]) => times(measured, measure, title, note)).join('\n')}
${sizes(measured)}
${missing.length === 0 ? '' : `<h2>Not measured</h2>${list(missing.map(({ name, missing: why }) => [name, why]))}`}
</html>
`;
}

function about({ machine: at, made, minutes }, measured) {
  const versions = [...new Set(measured.map(({ version }) => version).filter(Boolean))];
  const rows = {
    Made: `${made.slice(0, 10)}, in ${figure(minutes)} minutes`,
    Processor: `${at.cpu}, ${at.cores} cores${at.extensions.length > 0 ? `, ${at.extensions.join(' ')}` : ''}`,
    Memory: `${figure(at.memory / 2 ** 30)} GiB`, System: at.system, Chromium: at.chromium,
    WebGPU: at.gpu === null ? 'none' : `${at.gpu.name}${at.gpu.software ? SOFTWARE : ''}`,
    Load: `${at.load.toFixed(1)} before, ${at.loads.map((load) => load.toFixed(1)).join(', ')} after the rounds`,
    Versions: versions.join(', '),
  };
  return list(Object.entries(rows));
}

function list(entries) {
  return `<dl>${entries.map(([key, value]) => `<dt>${escape(key)}</dt><dd>${escape(value)}</dd>`).join('')}</dl>`;
}

function compared({ ratios: all }) {
  if (all.length === 0) return '';
  const parts = [...grouped(all)].map(([title, rows]) => `<div><h3>${escape(title)}</h3>${ratios(rows.map((row) => (
    { name: TITLES[row.measure], value: row.median, low: row.q1, high: row.q3 })))}</div>`);
  return `<h2>Ours over theirs</h2><p>Times of graftwork divided by the peer's in the same round; left of the line it is ahead.</p>
<div class="two">${parts.join('')}</div>`;
}

/** The rows of each pair. */
function grouped(all) {
  const found = new Map();
  for (const row of all) {
    const pair = `${row.ours} / ${row.peer}`;
    found.set(pair, [...(found.get(pair) ?? []), row]);
  }
  return found;
}

const PLACES = { browser: 'In the browser', native: 'Natively' };

/** A part for each place that has any rows. */
function byPlace(measured, make) {
  const parts = Object.entries(PLACES).map(([place, title]) => [title, make(measured.filter((one) => one.place === place))]);
  return parts.filter(([, part]) => part !== '').map(([title, part]) => `<div><h3>${title}</h3>${part}</div>`).join('');
}

function times(measured, measure, title, note) {
  const part = byPlace(measured, (some) => {
    const rows = some.flatMap(({ name, ours, times: all }) => {
      const found = summary(all[measure] ?? []);
      return found === null ? [] : [{ name, ours, value: found.median, low: found.q1, high: found.q3 }];
    });
    rows.sort((a, b) => a.value - b.value);
    return rows.length === 0 ? '' : bars(rows, 'ms');
  });
  return part === '' ? '' : `<h2>${title}</h2>${note && `<p>${note}</p>`}<div class="two">${part}</div>`;
}

function growth(measured, axis, words) {
  return charts(measured, words, ({ times: all }) => Object.entries(all).filter(([measure]) => measure.startsWith(`${axis} `))
    .map(([measure, row]) => [Number(measure.split(' ')[1]), summary(row)?.median]));
}

/** A chart for each place; a point without a figure is left out, as is a series without points. */
function charts(measured, words, pointsOf) {
  return Object.entries(PLACES).map(([place, title]) => {
    const series = measured.filter((one) => one.place === place).map((one) => (
      { name: one.name, ours: one.ours, points: pointsOf(one).filter(([, y]) => y > 0).sort(([a], [b]) => a - b) }));
    const drawn = series.filter(({ points }) => points.length > 1);
    return drawn.length === 0 ? '' : lines(drawn, { ...words, caption: `${words.caption}, ${title.toLowerCase()}` });
  }).join('\n');
}

/** Those that were measured with several numbers of threads, as one series each: 32 texts, or a training step. */
function threads(measured) {
  const family = ({ name }) => name.replace(/, \d+ threads?$/, '');
  const chart = (measure, caption) => {
    const made = new Map();
    for (const one of measured.filter(({ times: all, threads: n }) => n !== null && all[measure])) {
      const kept = made.get(family(one)) ?? { ...one, name: family(one), points: [] };
      kept.points.push([one.threads, quantile(one.times[measure].filter((ms) => ms !== null), 0.5)]);
      made.set(family(one), kept);
    }
    return charts([...made.values()], { x: 'threads', y: 'ms', caption }, ({ points }) => points);
  };
  return chart('embed b', '32 texts of 24 tokens on more threads') + chart('train', 'A training step on more threads');
}

function sizes(measured) {
  const mib = (value) => value / 2 ** 20;
  const part = (title, note, unit, of) => {
    const rows = measured.map((one) => ({ name: one.name, ours: one.ours, value: of(one) })).filter(({ value }) => value > 0);
    rows.sort((a, b) => a.value - b.value);
    return rows.length === 0 ? '' : `<h2>${title}</h2><p>${note}</p>${bars(rows, unit)}`;
  };
  return [
    part('Code that a page downloads', 'With brotli, without the model.', 'KB', ({ bytes }) => bytes && bytes.code / 1000),
    part('The model that a page downloads', 'Weights as they are, all else with brotli.', 'MB', ({ bytes }) => bytes && bytes.model / 1e6),
    part('WebAssembly\'s memory', 'Once all was measured. A worker\'s counts.', 'MiB', ({ memory }) => mib(memory?.after?.wasm ?? 0)),
    part('Memory of the page\'s process at most', 'JavaScript, WebAssembly, workers and the browser\'s own.', 'MiB',
      ({ memory }) => mib(memory?.after?.renderer?.peak ?? 0)),
    part('Memory of a native process at most', '', 'MiB', ({ memory }) => mib(memory?.after?.process?.peak ?? 0)),
  ].join('\n');
}
