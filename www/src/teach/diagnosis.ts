import type { Reads } from '../language/reads';
import { count } from '../parts/words';
import type { Facts } from './facts';
import { mayBeLuck } from './numbers';
import type { Report } from './score';

/** What may have gone wrong, and what to do about it. */
export interface Finding {
  what: string;
  advice: string;
  /** A backbone that reads more may help. */
  fix?: 'many-languages';
}

/** With fewer than this of a label it seldom learns what the label is. */
export const FEW = 15;
/** Letters of a word, with the space before it. */
const WORD = 6;
/** Of two labels: from which share of their texts on, and from how many texts on, they count as mixed up. */
const MIXED = 0.1;
const FEWEST_MIXED = 2;
/** Right answers from which on there is nothing to look for. */
const GOOD = 0.95;

/** Whether it is no better than guessing, as far as anybody can tell. */
export function learnedNothing({ right, heldOut, guessing }: Report): boolean {
  return mayBeLuck(right, heldOut, guessing);
}

/** Why it is not better than it is, the likeliest reason first; nothing where it is good. */
export function diagnose(report: Report, facts: Facts | undefined, { foreign: unread, letters }: Reads): Finding[] {
  const found: Finding[] = [];
  const say = (what: string, advice: string, fix?: Finding['fix']) => found.push({ what, advice, ...(fix && { fix }) });
  if (report.accuracy >= GOOD) return found;
  if (facts !== undefined) {
    const { texts, cut, foreign, contradictions, counts, same, maxLength } = facts;
    if (unread !== undefined && foreign > texts / 10) {
      say(`${foreign} of ${count(texts, 'text')} are ${unread.are}, and the model here ${unread.knows}.`, 'Translate them, or expect less.', 'many-languages');
    }
    if (cut > texts / 10) {
      say(
        `${cut} of ${count(texts, 'text')} are longer than it reads: about ${Math.round((maxLength * letters) / WORD)} words of each.`,
        'Keep the part that says what the text is about, such as the first mail of a thread.',
      );
    }
    if (contradictions > 0) {
      say(`${count(contradictions, 'text is', 'texts are')} there under more than one label.`, 'Decide on one of them: “Back to the examples” can remove them.');
    }
    for (const [label, size] of Object.entries(same)) {
      say(`Of ${label}, ${size} of ${counts[label]} texts are nearly the same.`, 'It knows that one text, not the label: add texts that differ.');
    }
    const few = Object.entries(counts).filter(([, size]) => size < FEW);
    for (const [label, size] of few.slice(0, 3)) say(`There are too few of ${label}: ${size}.`, `With ${FEW} or more it learns better.`);
  }
  if (learnedNothing(report)) {
    // Then all labels are mixed up, which says nothing more.
    if (found.length === 0) {
      say('Nothing in the texts seems to go with the labels.', 'Could a stranger tell the label from the text alone? If so, add more examples.');
    }
    return found;
  }
  for (const { one, other, wrong, of } of mixed(report).slice(0, 3)) {
    say(
      `${one} and ${other} are mixed up: ${wrong} of ${of}.`,
      'Look at those below: some may have the wrong label. Else add texts of each that nearly look like the other.',
    );
  }
  const ignored = report.labels.filter((_, i) => sum(report.confusion[i]) > 0 && report.confusion.every((row) => row[i] === 0));
  for (const label of ignored.slice(0, 3)) say(`It never says ${label}.`, `Add more of ${label}, as different from each other as they come.`);
  if (found.length === 0) say('There is no single reason.', 'More examples help most, of what it gets wrong first of all.');
  return found;
}

/** Pairs of labels that are often taken for each other, the most often first; of how many texts of both. */
function mixed({ labels, confusion }: Report): { one: string; other: string; wrong: number; of: number }[] {
  const pairs = labels.flatMap((one, i) => labels.slice(i + 1).map((other, rest) => {
    const k = i + 1 + rest;
    const wrong = (confusion[i]?.[k] ?? 0) + (confusion[k]?.[i] ?? 0);
    return { one, other, wrong, of: sum(confusion[i]) + sum(confusion[k]) };
  }));
  return pairs.filter(({ wrong, of }) => wrong >= FEWEST_MIXED && wrong >= MIXED * of).sort((a, b) => b.wrong - a.wrong);
}

function sum(row: readonly number[] | undefined): number {
  return (row ?? []).reduce((all, n) => all + n, 0);
}
