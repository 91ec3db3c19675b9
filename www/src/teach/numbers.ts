/** What a count of right answers says, in words that need no statistics. */

/** From where to where the true share may well be (95 %): Wilson's score interval, which is fair to few answers too. */
export function wilson(right: number, of: number): [from: number, to: number] {
  if (of === 0) return [0, 1];
  const z = 1.96;
  const share = right / of;
  const middle = (share + z ** 2 / (2 * of)) / (1 + z ** 2 / of);
  const half = (z / (1 + z ** 2 / of)) * Math.sqrt((share * (1 - share)) / of + z ** 2 / (4 * of ** 2));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** `about 8 of 10`; what is not all is never called so, nor what is something nothing. */
export function ofTen(right: number, of: number): string {
  if (right === of) return 'all';
  if (right === 0) return 'none';
  const tenths = Math.round((10 * right) / of);
  if (tenths === 10) return 'more than 9 of 10';
  return tenths === 0 ? 'fewer than 1 of 10' : `about ${tenths} of 10`;
}

/** More answers than this leave little to chance. */
const MANY = 200;

/** How far that can be trusted: `between 7 and 9 of 10`; nothing where there are many answers. */
export function range(right: number, of: number): string | undefined {
  if (of >= MANY) return undefined;
  const [from, to] = wilson(right, of).map((share) => Math.round(10 * share)) as [number, number];
  return from === to ? undefined : `between ${from} and ${to} of 10`;
}

/** Whether so many right answers may be mere luck where guessing gets a share of `guessing`. */
export function mayBeLuck(right: number, of: number, guessing: number): boolean {
  return wilson(right, of)[0] <= guessing;
}
