import type { Adapter, Backbone, Example } from 'graftwork';
import type { Reading } from './reading';
import type { Answered } from './score';
import { folds } from './split';

/** Up to so many examples each is asked about; of more, so many. */
const ALL = 300;
const SOME = 200;
const MOST_FOLDS = 5;

/** What came of it. */
export interface Checked {
  answers: Answered[];
  /** Who answered, by their number. */
  judges: Adapter<'text-classification'>[];
  /** What learned from all examples. */
  head: Adapter<'text-classification'>;
}

/**
 * Cross-validation of the head alone: every example is answered by a head that was fitted without it. Nothing is chosen by the answers, so
 * they are an honest figure; and what is fitted is fitted within milliseconds, so that it takes no longer than reading the texts.
 */
export async function crossCheck(
  backbone: Backbone, examples: readonly Example[], { maxLength, longTexts }: Reading,
  { name, seed, signal, onDone }: { name: string; seed: number; signal: AbortSignal; onDone: (share: number) => void },
): Promise<Checked> {
  const groups = grouped(examples, seed);
  const probe = await backbone.probe({ maxLength, ...(longTexts && { longTexts }) }, { signal });
  const judges: Adapter<'text-classification'>[] = [];
  const total = 2 * examples.length;
  let read = 0;
  const note = (count: number) => onDone((read += count) / total);
  try {
    // In the order of the groups, so that the next one to be asked is always the first that it has learned.
    for (const { members } of groups.slice(1)) await learn(members);
    const answers: Answered[] = [];
    for (const [by, { members, asked }] of groups.entries()) {
      if (asked) {
        if (by > 0) for (const _ of members) await probe.remove(0);
        const found = await probe.classify(members.map(({ text }) => text), { signal });
        found.forEach((answer, i) => members[i] && answers.push({ example: members[i], answer, by }));
        judges.push(await probe.toAdapter({ name, signal }));
        note(members.length);
      }
      if (asked) await learn(members);
    }
    return { answers, judges, head: await probe.toAdapter({ name, signal }) };
  } catch (error) {
    for (const judge of judges) judge.dispose();
    throw error;
  } finally {
    probe.dispose();
  }

  async function learn(members: Example[]): Promise<void> {
    // A few at a time, so that it can be seen how far it is, and ended.
    for (let at = 0; at < members.length; at += 16) {
      const some = members.slice(at, at + 16);
      await probe.add(some, { signal });
      note(some.length / 2);
    }
  }
}

/** The examples in groups that are asked about together; what is never asked about comes last. */
function grouped(examples: readonly Example[], seed: number): { members: Example[]; asked: boolean }[] {
  const labels = examples.map(({ label }) => label);
  const smallest = Math.min(...[...new Set(labels)].map((label) => labels.filter((other) => other === label).length));
  if (examples.length <= ALL) {
    const k = Math.max(2, Math.min(MOST_FOLDS, smallest));
    const fold = folds(labels, k, seed);
    return Array.from({ length: k }, (_, own) => ({ members: examples.filter((_, i) => fold[i] === own), asked: true }));
  }
  // So many folds that one of them is large enough.
  const fold = folds(labels, Math.max(2, Math.round(examples.length / SOME)), seed);
  const part = (asked: boolean) => ({ members: examples.filter((_, i) => (fold[i] === 0) === asked), asked });
  return [part(true), part(false)];
}
