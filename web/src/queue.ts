/** Work that waits for a busy module, first come, first served. What is aborted leaves without having begun. */
export class Queue {
  #width: () => number;
  #running = 0;
  #waiting = new Set<() => void>();

  /** `width` tells how many pieces of work may go on at a time. */
  constructor(width: () => number) {
    this.#width = width;
  }

  /** Does a piece of work when its turn comes; rejects with the signal's reason if that aborts before. */
  async run<T>(signal: AbortSignal, work: () => T | Promise<T>): Promise<T> {
    await this.#turn(signal);
    try {
      // Whoever aborts says so by a message, which must not stay behind the work that it would save.
      await pause();
      signal.throwIfAborted();
      return await work();
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(begin);
        reject(signal.reason);
      };
      const begin = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.add(begin);
      this.#next();
    });
  }

  #next(): void {
    for (const begin of this.#waiting) {
      if (this.#running >= this.#width()) return;
      this.#running += 1;
      this.#waiting.delete(begin);
      begin();
    }
  }
}

/** Lets messages in. Not by a timer: a hidden page's timers run once a second at most. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** What a text takes beside its characters, roughly. */
const OVERHEAD = 8;
export const CHARACTERS_PER_TOKEN = 4;

/** Characters in an input, whatever its shape. */
export function characters(input: unknown): number {
  if (typeof input === 'string') return input.length;
  if (typeof input !== 'object' || input === null) return 0;
  return Object.values(input).reduce((sum, part) => sum + characters(part), 0);
}

/** Tokens of each input, roughly; `maxLength` at most, since that is where it is cut. */
export function tokens(inputs: readonly unknown[], maxLength: number): number[] {
  const size = (input: unknown) => Math.min(characters(input), maxLength * CHARACTERS_PER_TOKEN) + OVERHEAD;
  return inputs.map((input) => size(input) / CHARACTERS_PER_TOKEN);
}

/** Cuts inputs of such sizes into about so many groups of about the same size, in their order, none of them empty. */
export function groups<I>(inputs: I[], sizes: number[], count: number): I[][] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const all: I[][] = [];
  let before = 0;
  inputs.forEach((input, i) => {
    const size = sizes[i] as number;
    (all[Math.floor(((before + size / 2) * count) / total)] ??= []).push(input);
    before += size;
  });
  return all.filter(() => true);
}
