// Bars and lines as HTML and SVG text: nothing runs in the page, and everything fits a telephone.

export const escape = (text) => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** Three figures at least, thousands with commas. */
export function figure(value) {
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return value >= 100 ? value.toFixed(0) : value.toPrecision(value >= 10 ? 3 : 2);
}

/** Rows of { name, ours, value, low, high }: a bar each, with the quartiles as a line over its end. */
export function bars(rows, unit) {
  const most = Math.max(...rows.map(({ value, high }) => high ?? value));
  const percent = (value) => `${((100 * value) / most).toFixed(2)}%`;
  return rows.map(({ name, ours, value, low, high }) => `<div class="row${ours ? ' ours' : ''}"><span>${escape(name)}</span>
<span class="value">${figure(value)} ${unit}</span><div class="track"><div class="bar" style="width:${percent(value)}"></div>${
    low < high ? `<div class="spread" style="left:${percent(low)};width:${percent(high - low)}"></div>` : ''
  }</div></div>`).join('\n');
}

/** Rows of { name, value, low, high } on a logarithmic axis with a line at 1, where both are equally fast. */
export function ratios(rows) {
  const reach = Math.max(2, ...rows.flatMap(({ low, high }) => [high, 1 / low]));
  const at = (value) => `${(50 + (50 * Math.log(value)) / Math.log(reach)).toFixed(2)}%`;
  return rows.map(({ name, value, low, high }) => `<div class="row ${value <= 1 ? 'ours' : 'behind'}"><span>${escape(name)}</span>
<span class="value">${value.toFixed(2)} &times;</span><div class="axis"><div class="spread" style="left:${at(low)};width:calc(${at(high)} - ${at(low)})"></div>
<div class="dot" style="left:${at(value)}"></div></div></div>`).join('\n');
}

const [WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM, TOP] = [360, 240, 44, 18, 34, 10];
/** As many as can be told apart; those after them are dashed. */
const COLOURS = 8;

/** Series of { name, ours, points: [[x, y]] }, both axes logarithmic, with a legend and the figures as a table. */
export function lines(series, { x: below, y: beside, caption }) {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const ys = series.flatMap(({ points }) => points.map(([, y]) => y));
  const scale = (low, high, from, to) => (value) => from + ((to - from) * Math.log(value / low)) / Math.log(high / low || 2);
  const x = scale(xs[0], xs.at(-1), LEFT, WIDTH - RIGHT);
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const y = scale(low, high * 1.1, HEIGHT - BOTTOM, TOP);
  const look = (ours, i) => `s${i % COLOURS}${i >= COLOURS ? ' dashed' : ''}${ours ? ' ours' : ''}`;
  const paths = series.map(({ ours, points }, i) => {
    const all = points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`);
    const dots = points.map(([a, b]) => `<circle cx="${x(a).toFixed(1)}" cy="${y(b).toFixed(1)}" r="3"/>`).join('');
    return `<g class="${look(ours, i)}"><polyline points="${all.join(' ')}"/>${dots}</g>`;
  });
  const down = xs.map((value) => `<text x="${x(value)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${value}</text>`);
  const side = ticks(low, high).map((value) => `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}"/>
<text x="${LEFT - 5}" y="${y(value) + 4}" text-anchor="end">${value}</text>`);
  const legend = series.map(({ name, ours }, i) => `<li class="${look(ours, i)}">${escape(name)}</li>`);
  return `<figure><figcaption>${escape(caption)}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(caption)}">
${side.join('')}${down.join('')}${paths.join('\n')}
<text x="${(WIDTH + LEFT) / 2}" y="${HEIGHT - 2}" text-anchor="middle">${escape(below)}</text></svg>
<ul class="legend">${legend.join('')}</ul>${table(xs, series, below, beside)}</figure>`;
}

/** Powers of ten, with twos and fives between few of them. */
function ticks(low, high) {
  const all = (steps) => {
    const found = [];
    for (let power = 10 ** Math.floor(Math.log10(low)); power <= high; power *= 10) {
      found.push(...steps.map((step) => Number((step * power).toPrecision(3))));
    }
    return found.filter((value) => value >= low && value <= high);
  };
  return all([1]).length > 2 ? all([1]) : all([1, 2, 5]);
}

function table(xs, series, below, beside) {
  const rows = series.map(({ name, points }) => {
    const found = new Map(points);
    return `<tr><th>${escape(name)}</th>${xs.map((x) => `<td>${found.has(x) ? figure(found.get(x)) : ''}</td>`).join('')}</tr>`;
  });
  return `<details><summary>Figures, ${escape(beside)}</summary><div class="wide"><table><tr><th>${escape(below)}</th>${
    xs.map((x) => `<th>${x}</th>`).join('')}</tr>${rows.join('')}</table></div></details>`;
}
