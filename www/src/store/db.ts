import type { DBSchema, IDBPDatabase } from 'idb';
import { openDB } from 'idb';
import type { Example, MarkedText, Task } from 'graftwork';
import type { Settings } from '../teach/draft.svelte';
import type { Facts } from '../teach/facts';
import type { Report } from '../teach/score';

/** How an adapter did on examples that it did not learn from. */
export interface Score {
  accuracy: number;
  heldOut: number;
  /** Share of the commonest label among them: what guessing would reach. */
  guessing: number;
}

/** An adapter that the visitor made or brought. */
export interface OwnAdapter {
  id: string;
  title: string;
  /** Not there where it was made before there were several: it classifies texts. */
  task?: Task;
  labels: string[];
  made: Date;
  file: Blob;
  /** Examples that it learned from; unknown of files from elsewhere. */
  learned?: number;
  score?: Score;
}

/** What the page needs to take up an interrupted run; the weights are the package's. */
export interface Run {
  /** The package's name of it, and the id that the adapter gets. */
  name: string;
  title: string;
  learned: number;
  heldOut: Example[];
  points: Point[];
  /** Of few examples: what is known already, and the head that is kept if the run is stopped. */
  report?: Report;
  head?: Blob;
  facts?: Facts;
}

/** A point of the chart. */
export interface Point {
  step: number;
  loss?: number;
  accuracy?: number;
}

/** Examples that the visitor has not thrown away. */
export interface Draft {
  title: string;
  labels: string[];
  examples: Example[];
  settings: Settings;
}

/** Marked texts that the visitor has not thrown away. */
export interface MarkedDraft {
  title: string;
  types: string[];
  texts: MarkedText[];
}

interface Schema extends DBSchema {
  adapters: { key: string; value: OwnAdapter };
  runs: { key: string; value: Run };
  draft: { key: 'draft'; value: Draft };
  marks: { key: 'marks'; value: MarkedDraft };
}

const NAME = 'graftwork-page';
let opened: Promise<IDBPDatabase<Schema>> | undefined;

/** The page's own database. */
export function database(): Promise<IDBPDatabase<Schema>> {
  // Some browsers throw where others reject.
  opened ??= Promise.resolve().then(() => openDB<Schema>(NAME, 2, {
    upgrade(db, before) {
      if (before < 1) {
        db.createObjectStore('adapters', { keyPath: 'id' });
        db.createObjectStore('runs', { keyPath: 'name' });
        db.createObjectStore('draft');
      }
      db.createObjectStore('marks');
    },
    // Another tab deletes or renews it.
    blocking: () => void close(),
    terminated: () => void (opened = undefined),
  }));
  opened.catch(() => (opened = undefined));
  return opened;
}

/** Lets go of it, so that it can be deleted. */
export async function close(): Promise<void> {
  const db = await opened?.catch(() => undefined);
  opened = undefined;
  db?.close();
}

/** Deletes everything in it. */
export async function clear(): Promise<void> {
  const db = await database();
  await Promise.all([db.clear('adapters'), db.clear('runs'), db.clear('draft'), db.clear('marks')]);
}
