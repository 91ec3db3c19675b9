/** Where an answer to a question stands in a text. */
export interface Place {
  number: number;
  start: number;
  end: number;
}

/** A piece of a text, with the numbers of the questions that it answers, or is a part of the answer to. */
export interface Part {
  start: number;
  text: string;
  numbers: number[];
  /** Those whose answer ends here. */
  ended: number[];
}

/** Cuts a text wherever an answer begins or ends; answers may overlap. */
export function parts(text: string, places: readonly Place[]): Part[] {
  const cuts = [...new Set([0, text.length, ...places.flatMap(({ start, end }) => [start, end])])].sort((a, b) => a - b);
  return cuts.slice(0, -1).map((start, i) => {
    const end = cuts[i + 1] ?? text.length;
    const here = places.filter((place) => place.start <= start && end <= place.end);
    const numbers = here.map(({ number }) => number);
    return { start, text: text.slice(start, end), numbers, ended: here.filter((place) => place.end === end).map(({ number }) => number) };
  });
}

/** The colour of a question's answers. */
export const colour = (number: number) => `var(--label-${(number - 1) % 8})`;
