import type { Records } from './table';
import { nothing, push } from './table';

/** Each line as one cell, or as a label and a text where a colon stands between them. */
export function lines(text: string, labelled: boolean): Records {
  const out = nothing();
  let line = 0;
  for (const whole of eachLine(text)) {
    line += 1;
    if (whole.trim() === '') continue;
    const colon = labelled ? whole.indexOf(':') : -1;
    const record = !labelled ? [whole] : [whole.slice(0, Math.max(0, colon)), whole.slice(colon + 1)].map((cell) => cell.trim());
    if (!push(out, record, line)) break;
  }
  return out;
}

/** The lines, one after the other: a large text is never there twice. */
export function* eachLine(text: string): Generator<string> {
  const end = /\r\n|\r|\n/g;
  let at = 0;
  while (at < text.length) {
    end.lastIndex = at;
    const found = end.exec(text);
    yield text.slice(at, found?.index ?? text.length);
    at = found === null ? text.length : end.lastIndex;
  }
}
