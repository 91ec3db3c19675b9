import type { Adapter, Task, Tasks, TrainOptions, TrainProgress } from 'graftwork';
import { deleteRun, GraftworkError } from 'graftwork';
import type { Run as Stored } from '../store/db';
import { database } from '../store/db';

/** A run, and saves of it as it goes. A browser that keeps nothing is no reason not to learn: `unsaved` hears why, and it begins without. */
export async function* saving<P>(
  begin: (saved: { saveAs?: string }) => AsyncIterable<P> | Promise<AsyncIterable<P>>,
  saveAs: string,
  unsaved: (reason: string) => void,
): AsyncGenerator<P, void, undefined> {
  let begun = false;
  try {
    for await (const progress of await begin({ saveAs })) {
      begun = true;
      yield progress;
    }
  } catch (error) {
    const full = error instanceof GraftworkError && ['storage', 'quota'].includes(error.code);
    if (!full || begun) throw error;
    unsaved(error.message);
    yield* await begin({});
  }
}

/** Trains, and saves the run as it goes. */
export function train<T extends Task>(
  adapter: Adapter<T>,
  examples: readonly Tasks[T]['example'][],
  { saveAs, ...options }: TrainOptions<T> & { saveAs: string },
  unsaved: (reason: string) => void,
): AsyncGenerator<TrainProgress<T>, void, undefined> {
  return saving((saved) => adapter.train(examples, { ...options, ...saved } as TrainOptions<T>), saveAs, unsaved);
}

/** Stores what the page knows of a run. Best effort: without storage the run cannot be taken up again, which is all. */
export async function keep(stored: Stored): Promise<void> {
  await database().then((db) => db.put('runs', stored)).catch(() => undefined);
}

/** Deletes what is stored of a run. */
export async function forget(name: string): Promise<void> {
  await database().then((db) => db.delete('runs', name)).catch(() => undefined);
  await deleteRun(name).catch(() => undefined);
}
