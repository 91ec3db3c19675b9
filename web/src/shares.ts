// Training by several workers: what the leading one asks of others, and what those do.
import type { Crew, Mate } from './crew.js';
import type { PlainRun } from './protocol.js';

let runs = 0;

/** The others' part in a run: each computes gradients of shares of batches. */
export class Helpers {
  #crew: Crew;
  #run: PlainRun;
  #file: Uint8Array;
  #number = (runs += 1);
  #begun = new Set<Mate>();
  #end = new AbortController();

  /** `file` is the adapter that the run trains. */
  constructor(crew: Crew, run: PlainRun, file: Uint8Array) {
    this.#crew = crew;
    this.#run = run;
    this.#file = file;
  }

  /** The gradient that is ordered; undefined if there is nobody for it, or whoever it was is gone. */
  async ask(order: Float32Array): Promise<Float32Array | undefined> {
    // An order ends with the number of the share, and how many there are. The first share is the leader's.
    const mate = this.#crew.there[(order.at(-2) as number) - 1];
    if (mate === undefined) return undefined;
    const { signal } = this.#end;
    const lost = (error: unknown) => {
      if (!signal.aborted) this.#crew.drop(mate, error);
      return undefined;
    };
    if (!this.#begun.has(mate)) {
      this.#begun.add(mate);
      mate.call('help', [this.#number, this.#file, this.#run], { signal }).catch(lost);
    }
    return mate.call('share', [this.#number, order], { signal }).catch(lost);
  }

  end(): void {
    this.#end.abort();
  }
}

/** What is asked of a worker. */
interface Asked {
  order: Float32Array;
  found: (gradient: Float32Array) => void;
  failed: (error: unknown) => void;
}

/** A worker's part in another one's run: hands on what is asked, and what is found. */
export class Desk {
  #next: Asked | undefined;
  /** What the module is busy with. */
  #now: Asked | undefined;
  #wake = () => {};
  #ended = false;

  /** Asks for a gradient. */
  find(order: Float32Array): Promise<Float32Array> {
    return new Promise((found, failed) => {
      this.#next = { order, found, failed };
      this.#wake();
    });
  }

  /** The module's call: takes what it has found, and waits for what is asked next. */
  async ask(gradient: Float32Array): Promise<Float32Array | undefined> {
    this.#now?.found(gradient);
    this.#now = undefined;
    if (this.#next === undefined && !this.#ended) await new Promise<void>((wake) => (this.#wake = wake));
    [this.#now, this.#next] = [this.#next, undefined];
    return this.#ended ? undefined : this.#now?.order;
  }

  end(error: unknown): void {
    this.#ended = true;
    this.#now?.failed(error);
    this.#next?.failed(error);
    this.#wake();
  }
}
