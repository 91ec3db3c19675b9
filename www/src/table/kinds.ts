/** What the cells of a column are like. */
export interface Kind {
  /** Cells that are not empty. */
  filled: number;
  /** Different values, but for case and space. */
  different: number;
  /** Letters and words of the middle one. */
  letters: number;
  words: number;
  /** Numbers, dates, addresses or codes: whatever is written by a machine, and nobody would sort by reading. */
  machine: boolean;
  /** Numbers, or true and false: labels only where nothing better is. */
  dull: boolean;
}

const NUMBER = /^[-+]?[\d.,’' ]*\d\s?[%€$£]?$/;
const DATE = /^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([T ,]\s?\d{1,2}[:.]\d\d.*)?$|^\d{1,2}:\d\d(:\d\d)?$/;
const ADDRESS = /^(https?:\/\/|www\.)\S+$|^[^\s@]+@[^\s@]+\.[^\s@]+$/;
/** Digits among the letters, such as `A-1023` or a UUID; of languages without spaces it says nothing. */
const CODE = /^(?=.*\d)(?=.*[A-Za-z_-])[\w.:#/+-]+$/;

/** Looks at the cells of a column. */
export function kindOf(cells: readonly string[]): Kind {
  const filled = cells.map((cell) => cell.trim()).filter((cell) => cell !== '');
  const share = (pattern: RegExp) => filled.filter((cell) => pattern.test(cell)).length / Math.max(1, filled.length);
  const different = new Set(filled.map((cell) => cell.toLowerCase())).size;
  const number = share(NUMBER) > 0.9;
  const codes = share(CODE) > 0.9 && different > 0.9 * filled.length;
  const machine = filled.length > 0 && (number || codes || share(DATE) > 0.9 || share(ADDRESS) > 0.9);
  return {
    filled: filled.length, different, machine, dull: number || share(/^(true|false)$/i) > 0.9,
    letters: middle(filled.map(({ length }) => length)),
    words: middle(filled.map((cell) => cell.split(/\s+/).length)),
  };
}

function middle(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** At most so many, from all over: a file may be sorted. */
export function sample<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)] as T);
}
