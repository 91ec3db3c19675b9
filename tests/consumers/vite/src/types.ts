// What the compiler knows of tasks. Never run: `tsc` fails where one of these lines means something else.
import type { Adapter, Answering, Backbone, Classification, LabelSet, MarkedText, Scored, Tagging, Task } from 'graftwork';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(answer: Same<A, B>): void => void answer;

export async function tasks(backbone: Backbone, marked: MarkedText[], texts: AsyncIterable<string>): Promise<void> {
  const spam = await backbone.createAdapter({ labels: ['ham', 'spam'] });
  same<typeof spam, Adapter<'text-classification'>>(true);
  for await (const { validation } of spam.train([{ text: 'a', label: 'ham' }], { validation: 0.5 })) {
    if (validation !== undefined) same<typeof validation.predictions, string[]>(true);
    // @ts-expect-error F1 of entities is for tags.
    void validation?.precision;
  }
  // @ts-expect-error Tags are for another task.
  spam.train([{ tokens: ['a'], tags: ['O'] }]);

  const names = await backbone.createAdapter({ task: 'token-classification', entityTypes: ['person'] });
  for await (const { validation } of names.train(marked, { validation: marked })) {
    if (validation !== undefined) same<typeof validation.predictions, string[][]>(true);
  }
  for await (const step of names.train([{ tokens: ['a'], tags: ['O'] }])) void step.loss;
  // @ts-expect-error Labels are for another task.
  names.train([{ text: 'a', label: 'ham' }]);
  // @ts-expect-error There is no such task.
  void backbone.createAdapter({ task: 'translation', labels: ['a', 'b'] });

  const both = await backbone.createAdapter({ task: 'intent-slot-classification', labels: ['play', 'stop'], entityTypes: ['artist'] });
  for await (const { validation } of both.train([{ tokens: ['a'], tags: ['O'], intent: 'play' }], { validation: 0.5 })) {
    if (validation !== undefined) same<typeof validation.slots.predictions, string[][]>(true);
  }
  const [understood] = await both.intentAndSlots(['a']);
  if (understood !== undefined) same<typeof understood.slots, Tagging>(true);
  // @ts-expect-error An intent is wanted.
  both.train([{ tokens: ['a'], tags: ['O'] }]);

  const loaded = await backbone.loadAdapter('names.safetensors', { task: 'token-classification' });
  same<typeof loaded, typeof names>(true);
  const any = await backbone.loadAdapter('any.safetensors');
  same<typeof any.task, Task | null>(true);
  const { adapter } = await backbone.resume('names', { task: 'token-classification' });
  same<typeof adapter, typeof names>(true);

  const [list, tags] = [await any.classify(['a'], { topK: 1 }), await any.tag(['a'])];
  same<typeof list, (Classification | LabelSet)[]>(true);
  same<typeof tags, Tagging[]>(true);
  for await (const answer of spam.classify(texts)) same<typeof answer, Classification>(true);
  for await (const { entities } of names.tag(texts)) void entities?.map(({ start, end, type }) => [start + end, type]);
  // @ts-expect-error There are no windows of tags.
  void names.tag(['a'], { longTexts: 'windows' });
}

export async function answers(backbone: Backbone, questions: AsyncIterable<{ question: string; context: string }>): Promise<void> {
  const moods = await backbone.createAdapter({ task: 'multi-label-classification', labels: ['joy', 'fear'] });
  const [sets] = [await moods.classify(['a', { text: 'a', textPair: 'b' }], { threshold: 0.3 })];
  same<typeof sets, LabelSet[]>(true);
  for await (const { validation } of moods.train([{ text: 'a', labels: [] }], { validation: 0.5, chooseThresholds: 'one' })) {
    if (validation !== undefined) same<typeof validation.predictions, string[][]>(true);
  }
  // @ts-expect-error One label is for another task.
  moods.train([{ text: 'a', label: 'joy' }]);
  const spam = await backbone.createAdapter({ labels: ['ham', 'spam'] });
  // @ts-expect-error With one label a text there is nothing to choose.
  spam.train([{ text: 'a', textPair: 'b', label: 'ham' }], { chooseThresholds: 'one' });

  const alike = await backbone.createAdapter({ task: 'regression' });
  const scores = await alike.score(['a', { text: 'a', textPair: 'b' }]);
  same<typeof scores, Scored[]>(true);
  for await (const { validation } of alike.train([{ text: 'a', textPair: 'b', score: 1 }])) void validation?.pearson;

  const reader = await backbone.createAdapter({ task: 'question-answering' });
  for await (const found of reader.answer(questions, { topK: 3 })) same<typeof found, Answering>(true);
  for await (const { validation } of reader.train([{ question: 'q', context: 'c', answers: [{ text: 'c', start: 0 }] }])) {
    void validation?.exactMatch;
  }
  // @ts-expect-error Contexts are always read in windows.
  void reader.answer([{ question: 'q', context: 'c' }], { longTexts: 'first' });
  const cosines = await backbone.similarity([['a', 'b']]);
  same<typeof cosines, number[]>(true);
}
