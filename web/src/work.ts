// Work over many inputs: some at a time, here and in other workers.
import type { Crew, Mate } from './crew.js';
import type { Lasting } from './lasting.js';
import { Queue, groups, tokens } from './queue.js';

/** Tokens of one call into the module, roughly; between two of them aborts and other calls get in. */
const TOKENS = { gpu: 2048, cpu: 512 } as const;
/** Calls in the module at a time. One keeps a CPU busy; on a GPU some compute while others' results are read. */
const WIDTH = { gpu: 4, cpu: 1 } as const;
/** Tokens of a call from which on it is worth it to share it out to other workers, and to start them. */
const ENOUGH = { share: 64, start: 384 } as const;

/** A group of inputs, and how many came before. */
export interface Group<I> {
  group: I[];
  before: number;
}

/** How another worker does what is done here: with a group, and its number of the adapter or probe. */
export interface Elsewhere<I, T> {
  there: (mate: Mate, piece: Group<I>, id: number) => Promise<T>;
  /** The engine's number, if there is one. */
  id: number | undefined;
}

/** What an engine's module has to do. */
export class Work {
  #queue: Queue;
  #loaded: () => Lasting;
  /** Other workers, once the backbone is loaded. */
  crew: Crew | undefined;

  constructor(loaded: () => Lasting, device: () => 'gpu' | 'cpu') {
    this.#loaded = loaded;
    this.#queue = new Queue(() => WIDTH[device()]);
  }

  /** Does some work when its turn comes. */
  run<T>(signal: AbortSignal, work: () => T | Promise<T>): Promise<T> {
    return this.#queue.run(signal, work);
  }

  /** How many workers compute at the same time on a device. */
  threads(device: 'gpu' | 'cpu'): number {
    return device === 'cpu' ? (this.crew?.size ?? 1) : 1;
  }

  /** The other workers, started, if there is enough to do for them. */
  started(tokens: number): Crew | undefined {
    const crew = this.threads(this.#loaded().info.device) > 1 ? this.crew : undefined;
    if (tokens >= ENOUGH.start) crew?.start();
    return crew;
  }

  /**
   * Does work over texts or other inputs, some at a time; each group stands in the queue once more, and again if the GPU is
   * lost. What is worth it is shared out to other workers, if there are any.
   */
  async inGroups<I, T>(
    inputs: I[],
    signal: AbortSignal,
    here: (piece: Group<I>) => Promise<T>,
    elsewhere?: Elsewhere<I, T>,
  ): Promise<T[]> {
    const { device, maxLength } = this.#loaded().info;
    const sizes = tokens(inputs, maxLength);
    const all = sizes.reduce((sum, size) => sum + size, 0);
    const crew = elsewhere !== undefined && all >= ENOUGH.share ? this.started(all) : undefined;
    const hands = crew?.size ?? 1;
    let before = 0;
    const pieces = groups(inputs, sizes, hands * Math.ceil(all / (hands * TOKENS[device]))).map((group) => {
      before += group.length;
      return { group, before: before - group.length };
    });
    const own = (piece: Group<I>) => this.#loaded().run(() => this.#queue.run(signal, () => here(piece)));
    if (crew !== undefined && elsewhere !== undefined) {
      const { there, id } = elsewhere;
      return crew.share(pieces, own, async (mate, piece) => there(mate, piece, id === undefined ? 0 : await mate.id(id)));
    }
    const results: T[] = [];
    for (const piece of pieces) results.push(await own(piece));
    return results;
  }
}
