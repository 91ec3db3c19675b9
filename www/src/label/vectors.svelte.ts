import type { Backbone } from 'graftwork';
import { isAbort } from '../engine/explain';

/** Few enough that a suggestion never waits long for its turn. */
const BATCH = 8;
/** Longer texts are not read to their end, as in training. */
const MAX_LENGTH = 128;

/** The vectors of texts, of length 1, so that a product is a cosine. Computed in the background, and kept while the page lives. */
class Vectors {
  /** How many of the texts that were asked for have one, and how many were asked for. */
  done = $state(0);
  all = $state(0);
  busy = $state(false);
  #found = new Map<string, Float32Array>();
  #abort = new AbortController();

  of(text: string): Float32Array | undefined {
    return this.#found.get(text);
  }

  /**
   * Computes what is missing, a few texts at a time; resolves when all are there, it was stopped, or it failed, which only means
   * that the order is less clever. `turn` is waited for before each part. Whatever was going on before is given up.
   */
  async compute(backbone: Backbone, texts: readonly string[], turn: () => Promise<void>): Promise<void> {
    this.stop();
    const { signal } = (this.#abort = new AbortController());
    const missing = texts.filter((text) => !this.#found.has(text));
    Object.assign(this, { all: texts.length, done: texts.length - missing.length, busy: missing.length > 0 });
    try {
      for (let at = 0; at < missing.length; at += BATCH) {
        const batch = missing.slice(at, at + BATCH);
        await turn();
        const vectors = await backbone.embed(batch, { normalize: true, maxLength: MAX_LENGTH, signal });
        batch.forEach((text, i) => this.#found.set(text, vectors[i] as Float32Array));
        this.done += batch.length;
      }
    } catch (error) {
      if (!isAbort(error)) console.warn(error);
    }
    if (this.#abort.signal === signal) this.busy = false;
  }

  /** Those of another backbone are of no use. */
  clear(): void {
    this.stop();
    this.#found.clear();
  }

  stop(): void {
    this.#abort.abort();
    this.busy = false;
  }
}

export const vectors = new Vectors();
