import type { TrainProgress } from './types.js';

/** Events between the engine and the loop over them. */
export class Steps {
  #waiting: TrainProgress[] = [];
  #closed = false;
  #wake: () => void = () => {};
  #more: () => void = () => {};

  /** Resolves when the loop has taken everything before: the engine is ahead by one report at most. */
  async put(events: TrainProgress[]): Promise<void> {
    const first = this.#waiting.length === 0;
    this.#waiting.push(...events);
    this.#wake();
    if (!first && !this.#closed) await new Promise<void>((resolve) => (this.#more = resolve));
  }

  close(): void {
    this.#closed = true;
    this.#wake();
    this.#more();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrainProgress, void, undefined> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        yield next;
        continue;
      }
      this.#more();
      if (this.#closed) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** Resolves when the page can be seen, or on an abort. In a worker there is no page. */
export function visible(signal: AbortSignal): Promise<void> {
  const page = globalThis.document as Document | undefined;
  return new Promise((resolve) => {
    const look = () => {
      if (page?.visibilityState === 'hidden' && !signal.aborted) return;
      page?.removeEventListener('visibilitychange', look);
      signal.removeEventListener('abort', look);
      resolve();
    };
    page?.addEventListener('visibilitychange', look);
    signal.addEventListener('abort', look);
    look();
  });
}
