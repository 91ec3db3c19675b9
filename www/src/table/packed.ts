import { inSlices } from './slices';

const LINES = 500;

/** Lines as one file, encoded a part at a time: to make it of all strings at the end would hold up the page. */
export async function packed<T>(items: readonly T[], line: (item: T, i: number) => string, head = ''): Promise<Blob> {
  const parts: Blob[] = [];
  let lines = [head];
  await inSlices(items, (item, i) => {
    lines.push(line(item, i));
    if (lines.length < LINES) return;
    parts.push(new Blob(lines));
    lines = [];
  });
  return new Blob([...parts, ...lines]);
}

/** What was packed as JSON, a line each. */
export async function unpacked<T>(file: Blob): Promise<T[]> {
  const lines = (await file.text()).split('\n');
  const out: T[] = [];
  await inSlices(lines, (line) => {
    if (line !== '') out.push(JSON.parse(line));
  });
  return out;
}
