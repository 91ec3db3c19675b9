import { download } from './download.js';
import { GraftworkError } from './errors.js';
import type { Note } from './store.js';
import { openCache, Slot } from './store.js';

/** SHA-256 of what streams by. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  hex(): string;
  free(): void;
}

/** How a file is fetched. */
export interface FetchOptions {
  signal: AbortSignal | undefined;
  cache: boolean;
  /** SHA-256 in hexadecimal digits. */
  sha256: string | undefined;
  hasher: () => Promise<Hasher>;
  /** Whether it is no error if the server does not have it. */
  optional?: boolean;
  /**
   * Gets the bytes so far, all of them if that is known, whether they come from the cache, and how many were left there
   * by a download that broke.
   */
  onBytes: (loaded: number, total: number | undefined, cached: boolean, resumed: number) => void;
}

/**
 * A file by URL, from the cache if it is there under its URL and digest. It streams to the cache, not through memory;
 * what the digest does not fit is not kept. However many tabs want it, one of them downloads it. Nothing if it is
 * optional and the server does not have it.
 */
export async function fetchFile(url: URL, options: FetchOptions): Promise<Blob | undefined> {
  const { signal, sha256 } = options;
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new GraftworkError('bad-option', `the digest of ${url.href} is not 64 hexadecimal digits`);
  }
  signal?.throwIfAborted();
  const cache = options.cache ? await openCache() : undefined;
  if (cache === undefined) return download(url, undefined, options);
  const slot = new Slot(cache, url, sha256);
  const kept = await whole(slot, options);
  if (kept !== undefined) return kept ?? undefined;
  return alone(slot.key, signal, async () => {
    // Another tab may have been here while this one waited.
    const kept = await whole(slot, options);
    return kept === undefined ? download(url, slot, options) : (kept ?? undefined);
  });
}

/** Remembers that the server does not have files, so that they are not asked for again. */
export async function rememberAbsent(urls: readonly URL[]): Promise<void> {
  const cache = await openCache();
  // Whether that works makes no difference.
  if (cache !== undefined) await Promise.allSettled(urls.map((url) => new Slot(cache, url, undefined).write(ABSENT)));
}

const ABSENT: Note = { id: '', absent: true };

/** A file that is in the cache, all of it; `null` if it is known that there is none. */
async function whole(slot: Slot, { optional = false, onBytes }: FetchOptions): Promise<Blob | null | undefined> {
  const note = await slot.note();
  if (note?.absent && optional) return null;
  if (note?.size === undefined) return undefined;
  const blob = new Blob(await slot.segments(note));
  if (blob.size !== note.size) return undefined;
  onBytes(blob.size, blob.size, true, 0);
  return blob;
}

/** Runs while no other tab does anything of that name, where the browser can tell. */
async function alone<T>(name: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
  return locks === undefined ? work() : locks.request(name, signal === undefined ? {} : { signal }, work);
}
