import { GraftworkError } from './errors.js';

/** The name of the cache in the browser's Cache API. */
export const CACHE_NAME = 'graftwork-v1';

/** Bytes of a segment: what is in memory of a download, and what the death of a tab can cost. */
export const SEGMENT = 2 << 20;

/** Segments that are looked up at a time. */
const AT_ONCE = 64;

/** What is known of a file, beside its segments. */
export interface Note {
  /** Names the segments, so that those of another download never get among them. */
  id: string;
  /** The file's size, once all of it is there. */
  size?: number;
  /** Its size as the server said. */
  total?: number | undefined;
  /** The server's strong ETag or date of the file: what came can be gone on with if it is still that. */
  validator?: string | undefined;
  /** The server does not have it. */
  absent?: boolean;
  /** Of a backbone's weights: the identity that all of them were found to have, with a sample to know them by. */
  identity?: string;
}

/** The cache, or nothing where the browser gives none, as some do in private windows. */
export async function openCache(): Promise<Cache | undefined> {
  try {
    return await caches.open(CACHE_NAME);
  } catch {
    return undefined;
  }
}

/**
 * A file's place in the cache: a note under its URL and digest, and its bytes in segments. A file is whole when its
 * note says how large it is, which is written last, and its segments are that large together.
 */
export class Slot {
  readonly key: string;

  constructor(readonly cache: Cache, url: URL, sha256: string | undefined) {
    const key = new URL(url);
    key.hash = '';
    key.searchParams.set('graftwork', sha256?.toLowerCase() ?? '');
    this.key = key.href;
  }

  /** The note, if there is one that makes sense. */
  async note(): Promise<Note | undefined> {
    try {
      const note = await (await this.cache.match(this.key))?.json();
      return typeof note?.id === 'string' ? note : undefined;
    } catch {
      return undefined;
    }
  }

  /** Whether its bytes are all there, by their number alone: none is read. */
  async isWhole(): Promise<boolean> {
    const note = await this.note();
    if (note?.size === undefined) return false;
    const parts = Array.from({ length: Math.ceil(note.size / SEGMENT) }, (_, index) => this.#part(note.id, index));
    const kept = new Set((await this.cache.keys(this.key, { ignoreSearch: true })).map(({ url }) => url));
    return parts.every((part) => kept.has(part));
  }

  async write(note: Note): Promise<void> {
    await this.#put(this.key, JSON.stringify(note));
  }

  /** Segments from the first on, as far as they are there without a gap. */
  async segments({ id, size = Infinity }: Note): Promise<Blob[]> {
    const count = Math.ceil(size / SEGMENT);
    const segment = async (index: number) => (await this.cache.match(this.#part(id, index)))?.blob();
    const blobs: Blob[] = [];
    while (blobs.length < count) {
      // A look-up is a round trip to the browser.
      const next = Array.from({ length: Math.min(AT_ONCE, count - blobs.length) }, (_, i) => blobs.length + i);
      for (const blob of await Promise.all(next.map(segment))) {
        if (blob === undefined || blob.size > SEGMENT) return blobs;
        blobs.push(blob);
        if (blob.size < SEGMENT) return blobs;
      }
    }
    return blobs;
  }

  /** What the weights were found to be, if that is known. */
  async identity(): Promise<string | undefined> {
    const identity: unknown = (await this.note())?.identity;
    return typeof identity === 'string' ? identity : undefined;
  }

  /** Keeps what the weights were found to be, if they are there. */
  async identify(identity: string): Promise<void> {
    const note = await this.note();
    if (note?.size === undefined || note.identity === identity) return;
    // Without room for it, the next load takes longer.
    await this.write({ ...note, identity }).catch(() => undefined);
  }

  /** Keeps a segment, whole or not there at all. */
  async keep(id: string, index: number, bytes: Blob): Promise<void> {
    await this.#put(this.#part(id, index), bytes);
  }

  /** Deletes the file and all leftovers of downloads. */
  async clear(): Promise<void> {
    for (const request of await this.cache.keys(this.key, { ignoreSearch: true })) {
      const of = new URL(request.url);
      of.searchParams.delete('graftwork-part');
      if (of.href === this.key) await this.cache.delete(request);
    }
  }

  #part(id: string, index: number): string {
    return `${this.key}&graftwork-part=${id}.${index}`;
  }

  async #put(key: string, body: Blob | string): Promise<void> {
    try {
      await this.cache.put(key, new Response(body));
    } catch (cause) {
      throw noRoom(this.key, cause);
    }
  }
}

/** The error of a file that the browser does not keep. */
export function noRoom(key: string, cause?: unknown): GraftworkError {
  const file = key.replace(/[?&]graftwork=.*/, '');
  const message = `the browser's storage has no room for ${file}: free some (\`clearCache()\`), or load with \`cache: false\``;
  return new GraftworkError('quota', message, { cause });
}
