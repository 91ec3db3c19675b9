import { database } from '../../store/db';
import type { Source } from '../../table/open';

/** Keeps the table that a project's owner looks at, or forgets it. Best effort: without storage he opens it again. */
export async function keepTable(project: string, source: Source | undefined): Promise<void> {
  try {
    const db = await database();
    if (source === undefined) await db.delete('tables', project);
    else await db.put('tables', source, project);
  } catch {
    // Then it is there until the page is left.
  }
}

export async function keptTable(project: string): Promise<Source | undefined> {
  return database().then((db) => db.get('tables', project)).catch(() => undefined);
}
