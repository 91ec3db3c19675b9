// What the compiler knows of tasks. Never run: `tsc` fails where one of these lines means something else.
import type { Adapter, Backbone, Classification, MarkedText, Tagging } from 'graftwork';

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

  const loaded = await backbone.loadAdapter('names.safetensors', { task: 'token-classification' });
  same<typeof loaded, typeof names>(true);
  const any = await backbone.loadAdapter('any.safetensors');
  same<typeof any.task, 'text-classification' | 'token-classification' | null>(true);

  const [list, tags] = [await any.classify(['a'], { topK: 1 }), await any.tag(['a'])];
  same<typeof list, Classification[]>(true);
  same<typeof tags, Tagging[]>(true);
  for await (const answer of spam.classify(texts)) same<typeof answer, Classification>(true);
  for await (const { entities } of names.tag(texts)) void entities?.map(({ start, end, type }) => [start + end, type]);
  // @ts-expect-error There are no windows of tags.
  void names.tag(['a'], { longTexts: 'windows' });
}
