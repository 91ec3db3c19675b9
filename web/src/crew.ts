// More workers than the engine's own, for one backbone on the CPU: each with its module and its copy of the backbone.
import { GraftworkError, toError } from './errors.js';
import { compiled } from './module.js';
import type { Calls, Context, Method, Opened } from './protocol.js';
import { Remote } from './remote.js';
import type { PlainLoad, PlainSource } from './source.js';

/** Errors that are a worker's own: it did not start, has no memory left, or broke. */
const OWN = ['internal', 'out-of-memory'];

/** What a crew needs of its engine. */
interface Home {
  /** Starts a worker; undefined where none can be started. */
  spawn: (() => Worker) | undefined;
  /** How the engine's backbone was loaded, and what it is. */
  load: Pick<PlainLoad, 'dtype' | 'known'>;
  /** Makes an adapter or a probe of the engine's in another worker. */
  copy: (id: number, mate: Mate) => Promise<Opened<unknown>>;
  /** Hears that there are fewer workers, and why. */
  onFewer: (reason: string) => void;
}

/** One of the workers. */
export class Mate {
  readonly ready: Promise<void>;
  isReady = false;
  #link: Remote | undefined;
  #home: Home;
  #copies = new Map<number, Promise<number>>();

  constructor(spawn: () => Worker, source: PlainSource, home: Home) {
    this.#home = home;
    this.ready = this.#begin(spawn, source);
  }

  call<M extends Method>(method: M, args: Calls[M]['args'], context?: Partial<Context<M>>): Promise<Calls[M]['result']> {
    // One that never started is in nobody's hands.
    return (this.#link as Remote).call(method, args, context);
  }

  /** Its number of an adapter or a probe of the engine's, which it gets when it needs it first. */
  id(id: number): Promise<number> {
    let copy = this.#copies.get(id);
    if (copy === undefined) {
      copy = this.#home.copy(id, this).then((opened) => opened.id);
      this.#copies.set(id, copy);
      // One that failed is made again.
      copy.catch(() => this.#copies.delete(id));
    }
    return copy;
  }

  /** Lets go of one, which has changed or is gone. */
  forget(id: number): void {
    this.#copies.get(id)?.then((own) => this.call('dispose', [own])).catch(() => undefined);
    this.#copies.delete(id);
  }

  close(): void {
    this.#link?.close();
  }

  async #begin(spawn: () => Worker, source: PlainSource): Promise<void> {
    this.#link = new Remote(spawn());
    this.#link.provide(compiled());
    await this.#link.call('load', [source, { ...this.#home.load, device: 'cpu', cache: false, integrity: {} }]);
    this.isReady = true;
  }
}

/** The workers beside the engine's own. They start when there is enough to do. */
export class Crew {
  #home: Home;
  /** The backbone's files, while they are needed. */
  #source: PlainSource | undefined;
  #waiting: number;
  #mates = new Set<Mate>();

  /** So many workers, the engine's own among them, with the backbone's files. */
  constructor(size: number, files: ReadonlyMap<string, Blob>, home: Home) {
    this.#home = home;
    this.#waiting = home.spawn === undefined ? 0 : size - 1;
    if (this.#waiting > 0) this.#source = { files: Object.fromEntries(files) };
  }

  /** How many compute at the same time, or will. */
  get size(): number {
    return 1 + this.#waiting + this.#mates.size;
  }

  /** Those that are there. */
  get there(): Mate[] {
    return [...this.#mates].filter((mate) => mate.isReady);
  }

  /** Starts them, if they have not been. */
  start(): void {
    const [home, source] = [this.#home, this.#source];
    this.#source = undefined;
    if (home.spawn === undefined || source === undefined) return;
    for (; this.#waiting > 0; this.#waiting -= 1) {
      const mate = new Mate(home.spawn, source, home);
      this.#mates.add(mate);
      mate.ready.catch((error: unknown) => this.drop(mate, error));
    }
  }

  /**
   * Does all pieces of work, in their order: some here, and some by `there` in whichever of the workers has time. Whoever is
   * not there yet is not waited for. What a worker could not do for a reason of its own is done here. Of several errors the
   * one of the first piece is thrown.
   */
  async share<P, T>(pieces: P[], here: (piece: P) => Promise<T>, there: (mate: Mate, piece: P) => Promise<T>): Promise<T[]> {
    const results: T[] = [];
    const left = [...pieces.keys()];
    const failed: { at: number; error: unknown }[] = [];
    const work = async (own: (piece: P) => Promise<T>, isOwn: (error: unknown) => boolean) => {
      while (failed.length === 0 && left.length > 0) {
        const at = left.shift() as number;
        try {
          results[at] = await own(pieces[at] as P);
        } catch (error) {
          if (isOwn(error)) return void left.unshift(at);
          failed.push({ at, error });
        }
      }
    };
    const end = () => work(here, () => false);
    const others: Promise<void>[] = [];
    let open = true;
    for (const mate of this.#mates) {
      const join = () => open && others.push(work((piece) => there(mate, piece), (error) => this.#isOwn(mate, error)));
      void mate.ready.then(join, () => undefined);
    }
    await end();
    open = false;
    await Promise.all(others);
    await end();
    for (const { error } of failed.sort((a, b) => a.at - b.at)) throw error;
    return results;
  }

  /** Lets go of an adapter or a probe that has changed or is gone. */
  forget(id: number): void {
    for (const mate of this.#mates) mate.forget(id);
  }

  /** Bytes of their WebAssembly memory. */
  async memory(): Promise<number> {
    const all = [...this.#mates].map((mate) => mate.call('memory', []).then((memory) => memory.wasmBytes, () => 0));
    return (await Promise.all(all)).reduce((sum, bytes) => sum + bytes, 0);
  }

  close(): void {
    this.#source = undefined;
    this.#waiting = 0;
    for (const mate of this.#mates) mate.close();
    this.#mates.clear();
  }

  /** Whether an error is the worker's own; then it is gone. */
  #isOwn(mate: Mate, error: unknown): boolean {
    if (!this.#mates.has(mate)) return true;
    if (!(error instanceof GraftworkError && OWN.includes(error.code))) return false;
    this.drop(mate, error);
    return true;
  }

  /** Goes on without one. */
  drop(mate: Mate, error: unknown): void {
    if (!this.#mates.delete(mate)) return;
    mate.close();
    this.#home.onFewer(toError(error).message);
  }
}
