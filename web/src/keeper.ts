import { toError } from './errors.js';
import type { GraftworkError } from './errors.js';
import type { PlainRun } from './protocol.js';
import type { RunStart, StoredRun, Summary } from './runs.js';
import { claim, read, remove, write } from './runs.js';
import type { Comparison, SaveError, TrainProgress } from './types.js';

/** Seconds between two states that are kept in memory, for a GPU that may be lost. */
export const MEMORY_SECONDS = 5;

/** What a run needs to go on when its device, its worker or its page is gone. */
export class Keeper {
  /** The newest state; undefined at the start. */
  state: Uint8Array | undefined;
  /** The step of that state. */
  step = 0;
  /** What happened in that step, or one after it. */
  last: TrainProgress | undefined;
  /** Why the run could not be saved at its start. */
  failure: Error | undefined;
  readonly run: PlainRun;
  #slot: Slot | undefined;
  #told = { step: 0, validation: 0, comparison: 0 };

  private constructor(run: PlainRun, slot?: Slot) {
    this.run = run;
    this.#slot = slot;
  }

  /** Of a run that begins. `start` is asked only if the run is saved. */
  static async begin(run: PlainRun, signal: AbortSignal, start: () => RunStart & { about: About }): Promise<Keeper> {
    if (run.saveAs === undefined) return new Keeper(run);
    const release = await claim(run.saveAs, signal);
    try {
      return new Keeper(run, new Slot(run.saveAs, start(), release));
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Of a run that was interrupted; also what was saved of it. */
  static async resume(name: string, signal: AbortSignal): Promise<[Keeper, StoredRun]> {
    const release = await claim(name, signal);
    try {
      const saved = await read(name);
      const { summary, start, state } = saved;
      const keeper = new Keeper(start.run, new Slot(name, { ...start, about: summary }, release, summary.step));
      Object.assign(keeper, { state, step: summary.step, last: summary.last });
      return [keeper, saved];
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Takes a new state. False if the run asked to be saved and cannot be. */
  async keep(state: Uint8Array, step: number, totalSteps: number): Promise<boolean> {
    Object.assign(this, { state, step });
    try {
      await this.#slot?.offer({ state, step, totalSteps, last: this.last }, this.run.saveEvery);
      return true;
    } catch (error) {
      this.failure = toError(error);
      return false;
    }
  }

  /**
   * What the caller has not heard yet of what happened, since steps are done again after a loss. What was found after a
   * step comes with the numbers of that.
   */
  news(events: (TrainProgress | Found)[]): TrainProgress[] {
    const news: TrainProgress[] = [];
    for (const event of events) {
      const kind = 'validation' in event ? 'validation' : 'comparison' in event ? 'comparison' : 'step';
      const whole = { ...this.last, ...event } as TrainProgress;
      if (kind === 'step') this.last = whole;
      if (event.step <= this.#told[kind]) continue;
      this.#told[kind] = event.step;
      news.push({ ...whole, ...this.#slot?.report() });
    }
    return news;
  }

  /** Ends the saving: nothing is left of a run that came to its end, all of one that did not. */
  async end(over: boolean): Promise<void> {
    await this.#slot?.end(over);
  }

  /** Lets others have the run. */
  release(): void {
    this.#slot?.release();
  }
}

/** What a list of saved runs shows, apart from how far they are. */
type About = Pick<Summary, 'adapter' | 'task' | 'labels' | 'fingerprint'>;

/** What was found after a step, without its numbers. */
interface Found {
  step: number;
  totalSteps: number;
  validation?: TrainProgress['validation'];
  others?: TrainProgress['others'];
  comparison?: Comparison;
}

/** A state, and how far it is. */
interface Offer {
  state: Uint8Array;
  step: number;
  totalSteps: number;
  last: TrainProgress | undefined;
}

/** The place of one run in the browser's storage. */
class Slot {
  readonly release: () => void;
  #name: string;
  #start: RunStart;
  #about: About;
  #startBytes: number;
  #newest: Offer | undefined;
  #savedStep: number | undefined;
  #error: SaveError | undefined;
  #last = performance.now();
  #seconds = 0;
  #writing: Promise<void> | undefined;

  constructor(name: string, { about, ...start }: RunStart & { about: About }, release: () => void, savedStep?: number) {
    const { adapter, task, labels, fingerprint } = about;
    this.release = release;
    this.#name = name;
    this.#start = start;
    this.#about = { adapter, task, labels, fingerprint };
    this.#startBytes = start.file.byteLength + JSON.stringify(start.run).length;
    this.#savedStep = savedStep;
  }

  /** Saves if it is time. Only the first save is waited for, and throws. */
  async offer(offer: Offer, seconds: number): Promise<void> {
    this.#newest = offer;
    this.#seconds = seconds;
    if (this.#savedStep === undefined) await this.#save();
    else this.#saveIfDue();
  }

  /** What a caller wants to know of it. */
  report(): { savedStep: number | undefined; saveError: SaveError | undefined } {
    return { savedStep: this.#savedStep, saveError: this.#error };
  }

  async end(over: boolean): Promise<void> {
    // No time comes any more at which what waits would be saved.
    this.#seconds = Infinity;
    await this.#writing;
    if (!over) {
      this.#saveAside();
      await this.#writing;
    } else if (this.#savedStep !== undefined) {
      // What cannot be deleted now is offered once more as interrupted, which does no harm.
      await remove(this.#name).catch(() => undefined);
    }
  }

  #saveIfDue(): void {
    if (performance.now() - this.#last >= this.#seconds * 1000) this.#saveAside();
  }

  /** A failure is told with the next step: training goes on. What is offered meanwhile is saved afterwards, if it is time. */
  #saveAside(): void {
    if (this.#newest === undefined || this.#newest.step === this.#savedStep) return;
    this.#writing ??= this.#save()
      .catch((error: unknown) => {
        const { code, message } = toError(error) as GraftworkError;
        this.#error = { code, message };
      })
      .finally(() => {
        this.#writing = undefined;
        if (this.#error === undefined) this.#saveIfDue();
      });
  }

  async #save(): Promise<void> {
    const { state, ...reached } = this.#newest as Offer;
    this.#last = performance.now();
    const bytes = this.#startBytes + state.byteLength;
    const summary = { ...this.#about, ...reached, name: this.#name, savedAt: new Date(), bytes };
    await write(summary, state, this.#savedStep === undefined ? this.#start : undefined);
    this.#savedStep = reached.step;
    this.#error = undefined;
  }
}
