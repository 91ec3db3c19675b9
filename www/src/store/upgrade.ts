import type { IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
import { nameOf } from '../project/name';
import type { Material, Schema } from './db';

/** What there was before there were projects: one collection, without a name of its own. */
export type Draft = Omit<Material, 'unlabelled'> & Partial<Pick<Material, 'unlabelled'>>;

/** Makes a project of it; what was taught under its name with its labels becomes its versions. */
export async function draftToProject(db: IDBPDatabase<Schema>, transaction: IDBPTransaction<Schema, StoreNames<Schema>[], 'versionchange'>): Promise<void> {
  const draft = await transaction.objectStore('draft').get('draft');
  db.deleteObjectStore('draft');
  if (draft === undefined || (draft.labels.length === 0 && draft.examples.length === 0)) return;
  const { title, labels, examples, settings, unlabelled = [] } = draft;
  const id = crypto.randomUUID();
  const adapters = transaction.objectStore('adapters');
  const titles = [title.trim(), nameOf(draft)];
  const own = (await adapters.getAll())
    .filter((other) => other.id.startsWith('run-') && titles.includes(other.title) && same(other.labels, labels))
    .sort((a, b) => a.made.getTime() - b.made.getTime());
  for (const [i, other] of own.entries()) {
    await adapters.put({ ...other, project: id, version: i + 1, superseded: i < own.length - 1 });
  }
  const now = new Date();
  const project = { id, title, labels, settings, examples: examples.length, unlabelled: unlabelled.length, made: now, changed: now, revision: 1 };
  await transaction.objectStore('projects').put(project);
  await transaction.objectStore('contents').put({ id, examples, unlabelled });
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((label) => b.includes(label));
}
