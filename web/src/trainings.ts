import type { Crew } from './crew.js';
import { GraftworkError, codeOf } from './errors.js';
import { toJson } from './json.js';
import { Keeper, MEMORY_SECONDS } from './keeper.js';
import type { Lasting } from './lasting.js';
import type { Context, Opened, PlainRun } from './protocol.js';
import { disposed } from './protocol.js';
import { CHARACTERS_PER_TOKEN, characters, pause } from './queue.js';
import { Desk, Helpers } from './shares.js';
import type { AdapterInfo } from './types.js';
import type { Adapter, Backbone } from './wasm/graftwork_web.js';

/** What a run's options say of its adapter. */
interface RunHead {
  /** The head that it teaches, of one that was chosen by name. */
  head?: string;
}

/** What an engine has. */
interface Held {
  /** Its backbone. */
  loaded(): Lasting;
  /** An adapter, which it must have. */
  adapter(id: number): Adapter;
  /** Whether it has an adapter. */
  has(id: number): boolean;
  /** Into how many shares a batch is cut that is worth it. */
  threads(): number;
  /** The other workers, for so much text. */
  others(tokens: number): Crew | undefined;
}

/** The training runs of an engine, one an adapter at a time. */
export class Trainings {
  #held: Held;
  /** Saved runs by their adapters, until they are gone on with. */
  #resumed = new Map<number, Keeper>();
  #busy = new Set<number>();
  /** The runs of another worker that this one has a part in, by their numbers. */
  #desks = new Map<number, Desk>();

  constructor(held: Held) {
    this.#held = held;
  }

  /** Takes a saved run up again; `open` makes its adapter. */
  async resume(
    name: string,
    signal: AbortSignal,
    open: (attach: (backbone: Backbone) => Adapter) => Promise<Opened>,
  ): Promise<Opened> {
    const [keeper, { summary, start, state }] = await Keeper.resume(name, signal);
    try {
      const opened = await open((backbone) => {
        if (summary.fingerprint !== this.#held.loaded().info.fingerprint) {
          throw new GraftworkError('wrong-backbone', `the run \`${name}\` was saved with another backbone`);
        }
        const { head } = start.run.options as RunHead;
        return backbone.attachRun(start.file, state, head);
      });
      this.#resumed.set(opened.id, keeper);
      return opened;
    } catch (error) {
      keeper.release();
      throw error;
    }
  }

  /** Trains an adapter by a run, or goes on with the one that it was saved with. */
  async train(id: number, run: PlainRun | undefined, { signal, emit }: Context<'train'>): Promise<AdapterInfo> {
    const adapter = this.#held.adapter(id);
    if (this.#busy.has(id)) throw new GraftworkError('busy', 'the adapter is being trained already');
    this.#busy.add(id);
    let keeper: Keeper | undefined;
    let over = false;
    try {
      keeper = run === undefined ? this.#take(id) : await this.#begin(adapter, { ...run, shares: this.#held.threads() }, signal);
      const kept = keeper;
      over = await this.#held.loaded().run(() => this.#steps(id, kept, signal, emit), () => kept.step);
      if (kept.failure !== undefined) throw kept.failure;
    } catch (error) {
      // It would diverge again; what could not be saved at its start has not begun.
      over = codeOf(error) === 'diverged' || keeper?.failure !== undefined;
      throw error;
    } finally {
      await keeper?.end(over);
      keeper?.release();
      this.#busy.delete(id);
    }
    signal.throwIfAborted();
    if (!over) throw disposed('adapter');
    return JSON.parse(adapter.info());
  }

  /** Has a part in another worker's run, until that aborts it. */
  async help(number: number, adapter: Adapter, { examples, options }: PlainRun, signal: AbortSignal): Promise<void> {
    const desk = new Desk();
    this.#desks.set(number, desk);
    const end = (error: unknown) => desk.end(error);
    signal.addEventListener('abort', end, { once: true });
    const run = adapter.train(toJson(examples), JSON.stringify(options), desk);
    run.catch(end);
    await run.finally(() => this.#desks.delete(number));
  }

  /** The gradient of a share of such a run. */
  async share(number: number, order: Float32Array): Promise<Float32Array> {
    const desk = this.#desks.get(number);
    if (desk === undefined) throw disposed('run');
    return desk.find(order);
  }

  /** Lets go of the saved run of an adapter that is disposed of. */
  forget(id: number): void {
    this.#resumed.get(id)?.release();
    this.#resumed.delete(id);
  }

  /** Lets go of all of them. */
  close(): void {
    for (const keeper of this.#resumed.values()) keeper.release();
    this.#resumed.clear();
  }

  /** Trains from where the keeper stands; whether that came to the run's end. */
  #steps(id: number, keeper: Keeper, signal: AbortSignal, emit: Context<'train'>['emit']): Promise<boolean> {
    const { examples, options, shares = 1, saveAs, saveEvery } = keeper.run;
    const others = shares > 1 ? this.#held.others(characters(examples) / CHARACTERS_PER_TOKEN) : undefined;
    const helpers = others && new Helpers(others, keeper.run, this.#held.adapter(id).export());
    const save = saveAs === undefined ? Infinity : saveEvery;
    const host = {
      state: keeper.state,
      // Only a GPU can be lost.
      seconds: this.#held.loaded().info.device === 'gpu' ? Math.min(save, MEMORY_SECONDS) : save,
      keep: keeper.keep.bind(keeper),
      shares,
      ask: async (order: Float32Array) => helpers?.ask(order),
      tell: async (events: string): Promise<boolean> => {
        const news = keeper.news(JSON.parse(events));
        if (news.length > 0) await emit(news);
        // Lets an abort in, which arrives as a message.
        await pause();
        return !signal.aborted && this.#held.has(id);
      },
    };
    const training = this.#held.adapter(id).train(toJson(examples), JSON.stringify(options), host);
    return training.finally(() => helpers?.end());
  }

  #begin(adapter: Adapter, run: PlainRun, signal: AbortSignal): Promise<Keeper> {
    return Keeper.begin(run, signal, () => this.#start(adapter, run));
  }

  #start(adapter: Adapter, run: PlainRun) {
    const { name, task, labels } = JSON.parse(adapter.info());
    const { fingerprint } = this.#held.loaded().info;
    return { file: adapter.export(), run, about: { adapter: name, task, labels, fingerprint } };
  }

  #take(id: number): Keeper {
    const keeper = this.#resumed.get(id);
    if (keeper === undefined) throw new GraftworkError('no-run', 'the run was gone on with already');
    this.#resumed.delete(id);
    return keeper;
  }
}
