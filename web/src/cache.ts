import { GraftworkError } from './errors.js';

/** The name of the cache in the browser's Cache API. */
export const CACHE_NAME = 'graftwork-v1';

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
  hasher: () => Hasher;
  /** Gets the bytes so far, all of them if that is known, and whether they come from the cache. */
  onBytes: (loaded: number, total: number | undefined, cached: boolean) => void;
}

/**
 * A file by URL, from the cache if it is there under its URL and digest. It streams to the cache, not through memory;
 * what the digest does not fit is not kept.
 */
export async function fetchFile(url: URL, options: FetchOptions): Promise<Blob> {
  const { signal, sha256, onBytes } = options;
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new GraftworkError('bad-option', `the digest of ${url.href} is not 64 hexadecimal digits`);
  }
  signal?.throwIfAborted();
  const key = new URL(url);
  if (sha256 !== undefined) key.searchParams.set('graftwork-sha256', sha256.toLowerCase());
  const store = options.cache && typeof caches !== 'undefined' ? await caches.open(CACHE_NAME) : undefined;
  const kept = await store?.match(key.href);
  if (kept !== undefined) {
    const blob = await kept.blob();
    onBytes(blob.size, blob.size, true);
    return blob;
  }
  const response = await download(url, signal);
  const length = response.headers.get('Content-Encoding') === null ? response.headers.get('Content-Length') : null;
  const watch = new Watch(url, options, length === null ? undefined : Number(length));
  try {
    const body = response.body?.pipeThrough(watch.stream, signal === undefined ? {} : { signal }) ?? null;
    const watched = new Response(body, { headers: response.headers });
    if (store === undefined) return await watched.blob();
    await store.put(key.href, watched);
    const stored = await (await store.match(key.href))?.blob();
    if (stored === undefined) throw new GraftworkError('quota', 'the browser dropped a file from its cache at once');
    return stored;
  } catch (error) {
    await store?.delete(key.href);
    signal?.throwIfAborted();
    if (watch.failure !== undefined) throw watch.failure;
    if (error instanceof GraftworkError) throw error;
    if (error instanceof DOMException && error.name === 'QuotaExceededError') {
      const message = `the browser's storage has no room for ${url.href}`;
      throw new GraftworkError('quota', message, { cause: error });
    }
    throw new GraftworkError('network', `the download of ${url.href} broke off`, { cause: error });
  } finally {
    watch.free();
  }
}

async function download(url: URL, signal: AbortSignal | undefined): Promise<Response> {
  let response;
  try {
    response = await fetch(url, { signal: signal ?? null });
  } catch (error) {
    signal?.throwIfAborted();
    throw new GraftworkError('network', `cannot download ${url.href}`, { cause: error });
  }
  if (!response.ok) throw new GraftworkError('network', `cannot download ${url.href}: HTTP ${response.status}`);
  return response;
}

/** Counts, hashes and checks what streams by. */
class Watch {
  readonly stream: TransformStream<Uint8Array, Uint8Array>;
  /** Why it broke the stream, since the stream's reader may say something else. */
  failure: GraftworkError | undefined;
  #hasher: Hasher | undefined;

  constructor(url: URL, { sha256, hasher, onBytes }: FetchOptions, total: number | undefined) {
    this.#hasher = sha256 === undefined ? undefined : hasher();
    let loaded = 0;
    onBytes(0, total, false);
    this.stream = new TransformStream({
      transform: (chunk, controller) => {
        loaded += chunk.byteLength;
        this.#hasher?.update(chunk);
        onBytes(loaded, total, false);
        controller.enqueue(chunk);
      },
      flush: () => {
        if (total !== undefined && loaded !== total) {
          this.failure = new GraftworkError('network', `${url.href} ended after ${loaded} of ${total} bytes`);
        }
        const found = this.#hasher?.hex();
        if (found !== undefined && found !== sha256?.toLowerCase()) {
          this.failure = new GraftworkError('integrity', `${url.href} has SHA-256 ${found}, not ${sha256}`);
        }
        if (this.failure !== undefined) throw this.failure;
      },
    });
  }

  free(): void {
    this.#hasher?.free();
    this.#hasher = undefined;
  }
}
