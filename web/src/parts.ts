import type { FetchOptions, Hasher } from './cache.js';
import { GraftworkError } from './errors.js';
import type { Note, Slot } from './store.js';
import { noRoom, SEGMENT } from './store.js';

/** A download that broke off, or got something wrong, and may be tried again. */
export class Broken extends GraftworkError {}

/** The bytes of a download so far, counted and hashed; in the cache, or as blobs where there is none. */
export class Parts {
  /** Bytes so far. */
  size = 0;
  /** What the server said about the file that this is the beginning of. */
  note: Note = { id: '' };
  /** Whether not all of it came in one answer. */
  mixed = false;
  #url: URL;
  #slot: Slot | undefined;
  #sha256: string | undefined;
  #newHasher: () => Promise<Hasher>;
  #hasher: Hasher | undefined;
  /** Segments where there is no cache. */
  #blobs: Blob[] = [];
  /** The segment that is being filled. */
  #chunks: BlobPart[] = [];

  constructor(url: URL, slot: Slot | undefined, { sha256, hasher }: FetchOptions) {
    this.#url = url;
    this.#slot = slot;
    this.#sha256 = sha256?.toLowerCase();
    this.#newHasher = hasher;
  }

  /** Begins, with what an earlier download left in the cache. */
  async resume(): Promise<void> {
    await this.#rehash();
    const note = await this.#slot?.note();
    if (note?.validator === undefined) return;
    this.note = { id: note.id, total: note.total, validator: note.validator };
    for (const blob of (await this.#slot?.segments(this.note)) ?? []) {
      this.mixed = true;
      if (blob.size < SEGMENT) {
        await this.add(new Uint8Array(await blob.arrayBuffer()));
        break;
      }
      if (this.#hasher !== undefined) for await (const chunk of blob.stream()) this.#hasher.update(chunk);
      this.size += blob.size;
    }
    if (note.total !== undefined && this.size > note.total) await this.clear();
  }

  /** Whether all is here that the server said there was. */
  get complete(): boolean {
    return this.size > 0 && this.size === this.note.total;
  }

  /** Starts over, with another file for all we know. */
  async begin(total: number | undefined, validator: string | undefined): Promise<void> {
    await this.clear();
    this.note = { id: Math.random().toString(36).slice(2), total, validator };
    // Without a validator nothing could go on from here.
    if (validator !== undefined) await this.#slot?.write(this.note);
  }

  async add(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#hasher?.update(chunk);
    for (let rest = chunk; rest.length > 0;) {
      const filled = this.size % SEGMENT;
      const piece = rest.subarray(0, SEGMENT - filled);
      rest = rest.subarray(piece.length);
      this.#chunks.push(piece);
      this.size += piece.length;
      if (filled + piece.length === SEGMENT) {
        await this.#keep();
        this.#chunks = [];
      }
    }
  }

  /** Keeps what the next load can go on from, after a download that failed. */
  async leave(): Promise<void> {
    if (this.note.validator === undefined) await this.clear();
    else if (this.#slot !== undefined && this.#chunks.length > 0) await this.#keep();
  }

  /** Deletes everything. */
  async clear(): Promise<void> {
    await this.#slot?.clear();
    this.size = 0;
    this.note = { id: '' };
    this.mixed = false;
    this.#blobs = [];
    this.#chunks = [];
    await this.#rehash();
  }

  /** The file, if it is the right one. */
  async finish(): Promise<Blob> {
    const found = this.#hasher?.hex();
    if (found !== this.#sha256) {
      const wrong = this.mixed ? Broken : GraftworkError;
      await this.clear();
      throw new wrong('integrity', `${this.#url.href} has SHA-256 ${found}, not ${this.#sha256}`);
    }
    if (this.#chunks.length > 0) await this.#keep();
    const { size } = this;
    const blobs = this.#slot === undefined ? this.#blobs : await this.#slot.segments({ ...this.note, size });
    const file = new Blob(blobs);
    // Somebody may have emptied the cache in the meantime.
    if (file.size !== size) throw noRoom(this.#url.href);
    await this.#slot?.write({ ...this.note, size });
    return file;
  }

  free(): void {
    this.#hasher?.free();
    this.#hasher = undefined;
  }

  async #keep(): Promise<void> {
    const blob = new Blob(this.#chunks);
    const index = Math.ceil(this.size / SEGMENT) - 1;
    if (this.#slot === undefined) this.#blobs[index] = blob;
    else await this.#slot.keep(this.note.id, index, blob);
  }

  async #rehash(): Promise<void> {
    this.free();
    if (this.#sha256 !== undefined) this.#hasher = await this.#newHasher();
  }
}
