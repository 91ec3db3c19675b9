import type { Problem } from './table';

/** Letters, and how they were written down. */
export interface Decoded {
  text: string;
  /** A name that `TextDecoder` knows. */
  encoding: string;
  problems: Problem[];
}

/** Decodes as asked; else by the byte order mark, as UTF-16 where every other byte is 0, as UTF-8, and else as Windows does. */
export function decode(bytes: Uint8Array, wished?: string): Decoded {
  const encoding = wished ?? marked(bytes) ?? unmarked(bytes);
  if (encoding !== undefined) return { text: new TextDecoder(encoding).decode(bytes), encoding, problems: [] };
  const text = new TextDecoder('utf-8').decode(bytes);
  const wrong = count(text, /\uFFFD/g);
  if (wrong === 0) return { text, encoding: 'utf-8', problems: [] };
  // A single wrong byte in a file of UTF-8 is damage; where all that is not ASCII is wrong, it is another encoding.
  if (count(text, /[^\0-\x7F]/g) >= 20 * wrong) {
    const letters = wrong === 1 ? 'One letter is' : `${wrong} letters are`;
    return { text, encoding: 'utf-8', problems: [{ text: `${letters} damaged and shown as “\uFFFD”.` }] };
  }
  return { text: new TextDecoder('windows-1252').decode(bytes), encoding: 'windows-1252', problems: [] };
}

/** Whether letters are none that people write: what they stand in is no text. */
export function isBinary(text: string): boolean {
  const start = text.slice(0, 10_000);
  return count(start, /[\0-\x08\x0E-\x1A\x1C-\x1F]/g) > start.length / 500;
}

function marked([a, b, c]: Uint8Array): string | undefined {
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  return a === 0xef && b === 0xbb && c === 0xbf ? 'utf-8' : undefined;
}

/** UTF-16 without a mark: whatever the language, line ends and separators have a byte that is 0. */
function unmarked(bytes: Uint8Array): string | undefined {
  const start = bytes.subarray(0, 4096);
  const zeros: [even: number, odd: number] = [0, 0];
  start.forEach((byte, i) => {
    if (byte === 0) zeros[i % 2 === 0 ? 0 : 1] += 1;
  });
  const [even, odd] = zeros;
  if (Math.max(even, odd) < start.length / 8 || Math.min(even, odd) > start.length / 50) return undefined;
  return odd > even ? 'utf-16le' : 'utf-16be';
}

function count(text: string, what: RegExp): number {
  let found = 0;
  for (what.lastIndex = 0; what.test(text); ) found += 1;
  return found;
}
