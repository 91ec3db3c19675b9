import uPlot from 'uplot';

const HEIGHT = 240;

/** A chart of so many steps: loss on the left, the share of right answers on the right. */
export function options(box: HTMLElement, steps: number): uPlot.Options {
  const colour = (name: string) => resolved(box, name);
  const ink = colour('--soft');
  const line = colour('--line');
  const axis = { stroke: ink, font: '12px system-ui, sans-serif', ticks: { show: false } };
  return {
    width: Math.max(200, box.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: [0, Math.max(1, steps)] },
      loss: { range: (_, __, max) => [0, Math.max(1, max ?? 1)] },
      right: { range: [0, 1] },
    },
    axes: [
      { ...axis, grid: { show: false }, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] },
      { ...axis, scale: 'loss', size: 36, grid: { stroke: line, width: 1 } },
      { ...axis, scale: 'right', side: 1, size: 48, grid: { show: false }, values: (_, all) => all.map((share) => `${Math.round(share * 100)} %`) },
    ],
    series: [
      {},
      { scale: 'loss', stroke: colour('--graft'), width: 1.5, spanGaps: true, points: { show: false } },
      { scale: 'right', stroke: colour('--stem'), width: 2.5, spanGaps: true, points: { show: true, size: 7, fill: colour('--stem') } },
    ],
  };
}

/** A colour as the canvas understands it: the browser works out `light-dark()` only where it is used. */
function resolved(box: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  box.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
