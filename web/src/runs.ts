// Interrupted runs in IndexedDB. A run lies in three stores under its name, so that a save writes only what has changed
// and a list reads only what it shows; one transaction keeps them together.
import { GraftworkError } from './errors.js';
import type { PlainRun } from './protocol.js';
import type { SavedRun, TrainProgress } from './types.js';

const DATABASE = 'graftwork';
/** Of what is stored. A run of another format cannot be taken up again. */
const FORMAT = 2;
const STORES = ['runs', 'starts', 'states'] as const;
/** Milliseconds that a run may still be held by a page that is being closed. */
const PATIENCE = 2000;

/** What a list shows of a run, and how it is stored. */
export type Summary = Omit<SavedRun, 'running'> & { format: number; last: TrainProgress | undefined };

/** What a run begins with; none of it changes. */
export interface RunStart {
  /** The adapter. */
  file: Uint8Array;
  run: PlainRun;
}

/** All of a saved run. */
export interface StoredRun {
  summary: Summary;
  start: RunStart;
  state: Uint8Array;
}

/**
 * The runs in this browser's storage that have not come to their end, newest first.
 *
 * @throws GraftworkError `storage` if the browser gives this page none
 */
export async function savedRuns(): Promise<SavedRun[]> {
  const all = await transact<Summary[]>('readonly', ({ runs }) => runs.getAll());
  const locks = (await navigator.locks?.query())?.held ?? [];
  const held = new Set(locks.map((lock) => lock.name));
  return all
    .sort((a, b) => b.savedAt.getTime() - a.savedAt.getTime())
    .map(({ format: _, last: __, ...run }) => ({ ...run, running: held.has(lockName(run.name)) }));
}

/**
 * Deletes a saved run; does nothing if there is none of that name.
 *
 * @throws GraftworkError `busy` if it is being trained, here or in another tab; `storage`
 */
export async function deleteRun(name: string): Promise<void> {
  const release = await claim(name);
  try {
    await remove(name);
  } finally {
    release();
  }
}

/** Reads a run that somebody wants to go on with. */
export async function read(name: string): Promise<StoredRun> {
  const found: Partial<StoredRun> = {};
  await transact('readonly', ({ runs, starts, states }) => {
    const get = <K extends keyof StoredRun>(store: IDBObjectStore, key: K) => {
      store.get(name).onsuccess = ({ target }) => (found[key] = (target as IDBRequest<StoredRun[K]>).result);
    };
    get(runs, 'summary');
    get(starts, 'start');
    get(states, 'state');
  });
  const { summary, start, state } = found;
  if (summary === undefined) throw new GraftworkError('no-run', `there is no saved run named \`${name}\``);
  if (summary.format !== FORMAT) {
    throw new GraftworkError('bad-run', `the run \`${name}\` was saved by another version of graftwork; delete it`);
  }
  if (start === undefined || state === undefined) {
    throw new GraftworkError('bad-run', `the saved run \`${name}\` is incomplete; delete it`);
  }
  return { summary, start, state };
}

/** Saves a state, at first with what the run begins with. What was saved before stays unless all of it succeeds. */
export async function write(summary: Omit<Summary, 'format'>, state: Uint8Array, start?: RunStart): Promise<void> {
  await transact('readwrite', ({ runs, starts, states }) => {
    runs.put({ ...summary, format: FORMAT });
    states.put(state, summary.name);
    if (start !== undefined) starts.put(start, summary.name);
  });
}

/** Deletes a run that the caller has claimed. */
export async function remove(name: string): Promise<void> {
  await transact('readwrite', (stores) => STORES.forEach((store) => stores[store].delete(name)));
}

/** Takes a run for this page or worker alone. What it gives lets go of it; so does the end of the page or worker. */
export async function claim(name: string, signal?: AbortSignal): Promise<() => void> {
  // There are no locks where a page is not secure.
  if (navigator.locks === undefined) return () => undefined;
  return new Promise<() => void>((resolve, reject) => {
    const hold = () => new Promise<void>((release) => resolve(() => release()));
    const patience = AbortSignal.timeout(PATIENCE);
    const ends = signal === undefined ? patience : AbortSignal.any([patience, signal]);
    navigator.locks.request(lockName(name), { signal: ends }, hold).catch((cause: Error) => {
      if (signal?.aborted) reject(signal.reason);
      const busy = new GraftworkError('busy', `the run \`${name}\` is in progress, perhaps in another tab`);
      reject(cause.name === 'TimeoutError' ? busy : unusable(cause));
    });
  });
}

function lockName(name: string): string {
  return `graftwork-run:${name}`;
}

/** Runs requests in one transaction; gives the result of the one that is returned. */
async function transact<T = unknown>(
  mode: IDBTransactionMode,
  work: (stores: Record<(typeof STORES)[number], IDBObjectStore>) => IDBRequest<T> | void,
): Promise<T> {
  let database: IDBDatabase | undefined;
  try {
    const opened = (database = await open());
    return await new Promise<T>((resolve, reject) => {
      const transaction = opened.transaction(STORES, mode);
      const [runs, starts, states] = STORES.map((name) => transaction.objectStore(name)) as [never, never, never];
      let request: IDBRequest<T> | void;
      transaction.oncomplete = () => resolve(request?.result as T);
      transaction.onabort = () => reject(transaction.error);
      try {
        request = work({ runs, starts, states });
      } catch (error) {
        reject(error);
        // What was asked for before it must not be kept.
        transaction.abort();
      }
    });
  } catch (cause) {
    throw unusable(cause);
  } finally {
    database?.close();
  }
}

function unusable(cause: unknown): GraftworkError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof Error && cause.name === 'QuotaExceededError') {
    return new GraftworkError('quota', `the browser's storage has no room for the run: ${reason}`, { cause });
  }
  return new GraftworkError('storage', `the browser gives this page no storage for runs: ${reason}`, { cause });
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('runs', { keyPath: 'name' });
      request.result.createObjectStore('starts');
      request.result.createObjectStore('states');
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
