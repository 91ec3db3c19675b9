import type { Material } from '../store/db';

/**
 * What two tabs made of a project, as one: theirs, and what was changed here since `base`, the last that both knew. Nothing that
 * either of them added is lost.
 */
export function merge<M extends Material>(base: M, mine: M, theirs: M): M {
  const examples = mergeLists<M['examples'][number]>(base.examples, mine.examples, theirs.examples, ({ text, label }) => `${label}\n${text}`);
  const labels = mergeLists(base.labels, mine.labels, theirs.labels, String);
  // One of them may have removed or renamed a label to which the other one added examples.
  const used = new Set([...labels, ...examples.map(({ label }) => label)]);
  return {
    ...theirs,
    title: mine.title === base.title ? theirs.title : mine.title,
    settings: mine.settings === base.settings ? theirs.settings : mine.settings,
    labels: [...used],
    examples,
    unlabelled: mergeLists(base.unlabelled, mine.unlabelled, theirs.unlabelled, String),
  };
}

/** Items may be there several times. What is new here comes first, as it does where it is added. */
function mergeLists<T>(base: readonly T[], mine: readonly T[], theirs: readonly T[], key: (item: T) => string): T[] {
  if (mine === base) return [...theirs];
  const removed = without(base, mine, key);
  const present = new Set(theirs.map(key));
  const added = without(mine, base, key).filter((item) => !present.has(key(item)));
  return [...added, ...without(theirs, removed, key)];
}

/** What is in the first list more often than in the second. */
function without<T>(items: readonly T[], others: readonly T[], key: (item: T) => string): T[] {
  const left = new Map<string, number>();
  for (const item of others) left.set(key(item), (left.get(key(item)) ?? 0) + 1);
  return items.filter((item) => {
    const times = left.get(key(item)) ?? 0;
    if (times > 0) left.set(key(item), times - 1);
    return times === 0;
  });
}
