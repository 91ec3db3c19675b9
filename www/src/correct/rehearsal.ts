import type { Adapter, Example } from 'graftwork';
import { sorting } from '../sort/sorting.svelte';
import { sample } from '../table/kinds';
import old from '../teach/sample.tsv?raw';

/** From this probability on an answer is worth keeping. */
const SURE = 0.9;
const MOST = 240;

/**
 * Texts of many kinds with what a skill says of them now, where it is sure: while it learns corrections these go with them, so that it
 * does not forget. As many of each label as there are, `most` in all; the others are there to be asked about afterwards.
 */
export async function rehearsal(
  skill: Adapter<'text-classification'>, corrected: readonly Example[], most: number, signal: AbortSignal,
): Promise<{ learned: Example[]; asked: Example[] }> {
  const excluded = new Set(corrected.map(({ text }) => text));
  const texts = [...new Set([...await listed(), ...await messages()])].filter((text) => !excluded.has(text));
  const answers = await skill.classify(texts, { maxLength: 128, signal });
  const sure = answers.map(({ label, score }, i) => ({ text: texts[i] ?? '', label, score })).filter(({ score }) => score >= SURE);
  const share = Math.ceil(most / skill.labels.length);
  const learned = skill.labels.flatMap((label) => sure.filter((one) => one.label === label).slice(0, share));
  const taken = new Set(learned);
  const plain = (examples: typeof sure) => examples.map(({ text, label }) => ({ text, label }));
  return { learned: plain(learned), asked: plain(sure.filter((one) => !taken.has(one))) };
}

/** The visitor's own list, if there is one: nothing is nearer to what he will ask. */
async function listed(): Promise<string[]> {
  const column = sorting.texts.roles.indexOf('text');
  return sample(sorting.rows, MOST / 3).map((row) => row[column]?.trim() ?? '').filter((text) => text !== '');
}

async function messages(): Promise<string[]> {
  const { default: today } = await import('../../../tests/data/messages/train.tsv?raw');
  const texts = (table: string) => table.trim().split('\n').slice(1).map((line) => line.split('\t')[1]?.trim() ?? '');
  return [...sample(texts(today), (2 * MOST) / 3), ...sample(texts(old), MOST / 3)];
}
