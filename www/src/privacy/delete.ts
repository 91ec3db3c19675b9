import { clearCache, deleteRun, savedRuns } from 'graftwork';
import { corrections } from '../correct/corrections.svelte';
import { explain } from '../engine/explain';
import { offline } from '../engine/offline.svelte';
import { shelf } from '../engine/shelf.svelte';
import { marks } from '../names/marks.svelte';
import { kept } from '../project/kept.svelte';
import { projects } from '../project/projects.svelte';
import { clear } from '../store/db';
import { typed } from '../store/typed.svelte';

/** Deletes all that this site keeps in the browser; says in a sentence how that went. */
export async function deleteEverything(): Promise<string> {
  try {
    for (const { id } of shelf.own) await shelf.remove(id);
    projects.clear();
    typed.clear();
    corrections.clear();
    marks.clear();
    for (const { name } of await savedRuns()) await deleteRun(name);
    await clear();
    kept.tell('cleared');
    await clearCache();
    const names = typeof caches === 'undefined' ? [] : await caches.keys();
    await Promise.all(names.map((name) => caches.delete(name)));
    const workers = (await navigator.serviceWorker?.getRegistrations()) ?? [];
    await Promise.all(workers.map((worker) => worker.unregister()));
    localStorage.clear();
    sessionStorage.clear();
    await offline.look();
    return 'Everything stored was deleted. The page goes on until you leave it; next time it starts from nothing, and needs a network.';
  } catch (error) {
    return `Not everything could be deleted: ${explain(error).detail}. The browser’s own settings for this site can.`;
  }
}
