import type { DBSchema, IDBPDatabase } from 'idb';
import { openDB } from 'idb';
import type { Example, MarkedText, Task } from 'graftwork';
import type { Settings } from '../teach/draft.svelte';
import type { Role } from '../table/roles';
import type { Table } from '../table/table';
import type { Report } from '../teach/score';
import type { Source } from '../table/open';
import { draftToProject, type Draft } from './upgrade';
import type { Facts } from '../teach/facts';

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
  /** The backbone that it was taught on, by the page's name of it; not there where that is the English one. */
  backbone?: string;
  /** Examples that it learned from; unknown of files from elsewhere. */
  learned?: number;
  score?: Score;
  /** The project that it is a version of, and the how manieth of it. */
  project?: string;
  version?: number;
  /** Another version of its project is in use. */
  superseded?: boolean;
  /** What came of asking it about the examples that were held out. */
  report?: Report;
}

/** What the page needs to take up an interrupted run; the weights are the package's. */
export interface Run {
  /** The package's name of it, and the id that the adapter gets. */
  name: string;
  title: string;
  /** The project that it gives a version of. */
  project?: string;
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

/** What the visitor has collected under a name. */
export interface Material {
  title: string;
  labels: string[];
  examples: Example[];
  /** Texts that are to get a label later. */
  unlabelled: string[];
  settings: Settings;
}

/** A project as a list of them shows it; its texts lie apart, since they may be many. */
export interface Project extends Omit<Material, 'examples' | 'unlabelled'> {
  id: string;
  examples: number;
  unlabelled: number;
  made: Date;
  changed: Date;
  /** Counts the saves, so that a tab notices those of another one. */
  revision: number;
}

export interface Contents extends Pick<Material, 'examples' | 'unlabelled'> {
  id: string;
}

/** Marked texts that the visitor has not thrown away. */
export interface MarkedDraft {
  title: string;
  types: string[];
  texts: MarkedText[];
}

/** The last list that was sorted. */
export interface KeptList {
  name: string;
  /** The table but for its rows, which lie apart, as do the answers: a line of JSON each, so that reading and writing hold up nothing. */
  table: Omit<Table, 'rows'>;
  rows: Blob;
  results: Blob;
  roles: Role[];
  skill: string;
  labels: string[];
  done: number;
  cut: number;
}

export interface Schema extends DBSchema {
  adapters: { key: string; value: OwnAdapter };
  runs: { key: string; value: Run };
  projects: { key: string; value: Project };
  contents: { key: string; value: Contents };
  marks: { key: 'marks'; value: MarkedDraft };
  lists: { key: 'list'; value: KeptList };
  /** Tables that are looked at before they are added, by project. */
  tables: { key: string; value: Source };
  /** Of version 2 and before: what is a project now. */
  draft: { key: 'draft'; value: Draft };
}

const NAME = 'graftwork-page';
let opened: Promise<IDBPDatabase<Schema>> | undefined;

/** The page's own database. */
export function database(): Promise<IDBPDatabase<Schema>> {
  // Some browsers throw where others reject.
  opened ??= Promise.resolve().then(() => openDB<Schema>(NAME, 3, {
    async upgrade(db, before, _, transaction) {
      if (before < 1) {
        db.createObjectStore('adapters', { keyPath: 'id' });
        db.createObjectStore('runs', { keyPath: 'name' });
      }
      if (before < 2) db.createObjectStore('marks');
      db.createObjectStore('projects', { keyPath: 'id' });
      db.createObjectStore('contents', { keyPath: 'id' });
      db.createObjectStore('lists');
      db.createObjectStore('tables');
      if (before > 0) await draftToProject(db, transaction);
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
  await Promise.all((['adapters', 'runs', 'projects', 'contents', 'tables', 'marks', 'lists'] as const).map((store) => db.clear(store)));
}
