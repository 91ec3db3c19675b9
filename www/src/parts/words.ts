/** 0.987 as `98.7 %`; never rounded up to certainty. */
export function percent(share: number | undefined): string {
  if (share === undefined) return '–';
  const rounded = Math.round(share * 1000) / 10;
  if (rounded >= 100 && share < 1) return '> 99.9 %';
  if (rounded <= 0 && share > 0) return '< 0.1 %';
  return `${rounded.toFixed(rounded === 100 ? 0 : 1)} %`;
}

/** A probability: nothing that a model says of a text is certain. */
export function likely(score: number): string {
  if (score > 0.99) return 'over 99 %';
  return score < 0.01 ? 'under 1 %' : percent(score);
}

/** Bytes as people say them. */
export function bytes(size: number): string {
  if (size < 1000) return `${size} bytes`;
  if (size < 1e6) return `${Math.round(size / 1e3)} kB`;
  return size < 1e9 ? `${(size / 1e6).toFixed(1)} MB` : `${(size / 1e9).toFixed(1)} GB`;
}

/** Seconds as people say them. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '…';
  if (seconds < 1) return 'under a second';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

export const thousands = (count: number): string => Math.round(count).toLocaleString('en-US');

/** `1 row`, `1,200 rows`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${thousands(number)} ${number === 1 ? one : many}`;
}

/** A day and an hour as people say them: “today, 14:05”, “3 May, 14:05”, “3 May 2025”. */
export function when(date: Date, now = new Date()): string {
  const time = date.toLocaleTimeString(undefined, { hour: 'numeric', minute: '2-digit' });
  if (date.toDateString() === now.toDateString()) return `today, ${time}`;
  const day = { day: 'numeric', month: 'short' } as const;
  if (date.getFullYear() === now.getFullYear()) return `${date.toLocaleDateString(undefined, day)}, ${time}`;
  return date.toLocaleDateString(undefined, { ...day, year: 'numeric' });
}
