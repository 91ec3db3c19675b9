import { sourceUrl } from './source.js';
import { openCache } from './store.js';
import type { CacheOptions, StorageState } from './types.js';

/** What the browser keeps for this site. */
export async function storage(): Promise<StorageState> {
  const manager = (globalThis.navigator as Partial<Navigator> | undefined)?.storage;
  const [estimate, persisted, cache] = await Promise.all([
    manager?.estimate().catch(() => undefined),
    manager?.persisted().catch(() => false),
    openCache(),
  ]);
  return {
    usage: estimate?.usage,
    quota: estimate?.quota,
    persisted: persisted ?? false,
    cache: cache !== undefined,
  };
}

/**
 * Deletes cached files, and what broken downloads left: those of a backbone or adapter by URL or hub id, or all.
 * Returns how many files. What is loaded stays loaded.
 */
export async function clearCache(source?: string | URL, options: CacheOptions = {}): Promise<number> {
  const cache = await openCache();
  const within = source === undefined ? undefined : sourceUrl(source, options);
  const files = new Set<string>();
  for (const request of (await cache?.keys()) ?? []) {
    const file = new URL(request.url);
    const isNote = file.searchParams.has('graftwork') && !file.searchParams.has('graftwork-part');
    file.searchParams.delete('graftwork');
    file.searchParams.delete('graftwork-part');
    const isMeant = within === undefined || file.href === within || file.href.startsWith(within.replace(/\/?$/, '/'));
    // A note alone may just say that the server does not have the file.
    if (isMeant && (await cache?.delete(request)) && !isNote) files.add(file.href);
  }
  return files.size;
}

/** Asks the browser to keep this site's files when it needs room; that it may refuse is no error. */
export function persist(): void {
  const manager = (globalThis.navigator as Partial<Navigator> | undefined)?.storage;
  // Only pages may ask, and some browsers ask the visitor, who need not be waited for.
  void manager?.persist?.().catch(() => false);
}
