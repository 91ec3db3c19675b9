import type { Adapter, Backbone, Example, TrainProgress } from 'graftwork';
import type { Explained } from '../engine/explain';
import { continued, skillFor, type Outcome } from '../correct/continued';
import { explain, isAbort } from '../engine/explain';
import { forget, keep, train } from '../engine/runs';
import { shelf } from '../engine/shelf.svelte';
import type { Point, Run as Stored } from '../store/db';
import { asVersion } from '../project/versions';
import { draft, type Settings } from './draft.svelte';
import type { Report } from './score';
import { report } from './score';
import { split } from './split';

/** Longer texts are cut; nearly nothing that people sort is longer, and long ones take long. */
const MAX_LENGTH = 128;

/** Enough steps to learn something from few examples, few enough not to wait for many. */
export function epochsFor(learned: number): number {
  const steps = Math.ceil(learned / batchSize(learned));
  return Math.min(15, Math.max(2, Math.round(50 / steps)));
}

function batchSize(learned: number): number {
  return learned < 1000 ? 16 : 32;
}

/** What is taught here. */
type Sorting = 'text-classification';

/** One training run, from its first step to the adapter on the shelf. */
class Run {
  phase = $state<'none' | 'starting' | 'training' | 'paused' | 'finishing' | 'done' | 'failed'>('none');
  progress = $state.raw<TrainProgress<Sorting>>();
  points = $state.raw<Point[]>([]);
  /** Share of held-out examples that are right: before the first step, and at the last look. */
  before = $state<number>();
  now = $state<number>();
  failure = $state.raw<Explained>();
  result = $state.raw<Report>();
  /** Of one that went on from a skill: what it says now of what was put right, and of other texts. */
  outcome = $state.raw<Outcome>();
  /** It was ended before its last step. */
  stopped = $state(false);
  /** Why it is not being saved, where that is so. */
  unsaved = $state<string>();
  /** What is stored of it, and the id that the adapter has on the shelf. */
  stored = $state.raw<Stored>();
  #abort = new AbortController();
  #gate: { promise: Promise<void>; open: () => void } | undefined;

  get active(): boolean {
    return ['starting', 'training', 'paused', 'finishing'].includes(this.phase);
  }

  get canContinue(): boolean {
    return this.stopped && this.unsaved === undefined;
  }

  /** Teaches a new adapter; never rejects. */
  async begin(backbone: Backbone, title: string, labels: string[], examples: Example[], settings: Settings): Promise<void> {
    const skill = skillFor(settings.from, labels);
    if (skill !== undefined) return this.#goOn(backbone, title, skill, examples);
    const { learned, heldOut } = split(examples, settings.heldOut, settings.seed);
    const stored: Stored = { name: `run-${crypto.randomUUID()}`, title, project: draft.id, learned: learned.length, heldOut, points: [] };
    await this.#guard(stored, async () => {
      const method = { type: 'double_seq_bn', reductionFactor: settings.reductionFactor };
      const adapter = await backbone.createAdapter({ labels, name: slug(title), method, seed: settings.seed });
      if (heldOut.length > 0) {
        this.before = this.now = (await ask(adapter, heldOut))?.accuracy;
        this.points = [{ step: 0, ...(this.before !== undefined && { accuracy: this.before }) }];
      }
      await this.#keep();
      const epochs = settings.epochs ?? epochsFor(learned.length);
      const steps = epochs * Math.ceil(learned.length / batchSize(learned.length));
      const options = {
        epochs, lr: settings.lr, seed: settings.seed, batchSize: batchSize(learned.length), maxLength: MAX_LENGTH,
        // Few long passes would leave the chart empty.
        ...(heldOut.length > 0 && { validation: heldOut, ...(epochs < 4 && { evalEvery: Math.ceil(steps / 4) }) }),
        saveAs: stored.name, signal: this.#abort.signal,
      };
      await this.#follow(train(adapter, learned, options, (reason) => (this.unsaved = reason)));
      return adapter;
    });
  }

  /** Teaches a skill what was put right of it. */
  async #goOn(backbone: Backbone, title: string, skill: string, examples: Example[]): Promise<void> {
    const stored: Stored = { name: `run-${crypto.randomUUID()}`, title, project: draft.id, learned: examples.length, heldOut: [], points: [] };
    await this.#guard(stored, async () => {
      const { signal } = this.#abort;
      const { adapter, learned, options, compare } = await continued(backbone, skill, examples, signal);
      await this.#keep();
      await this.#follow(train(adapter, learned, { ...options, saveAs: stored.name, signal }, (reason) => (this.unsaved = reason)));
      this.phase = 'finishing';
      this.outcome = await compare();
      return adapter;
    });
  }

  /** Goes on with a run that was stopped or cut off; never rejects. */
  async resume(backbone: Backbone, stored: Stored): Promise<void> {
    await this.#guard(stored, async () => {
      this.points = stored.points;
      this.before = stored.points[0]?.step === 0 ? stored.points[0].accuracy : undefined;
      const { adapter, training } = await backbone.resume(stored.name, { task: 'text-classification', signal: this.#abort.signal });
      await this.#follow(training);
      return adapter;
    });
  }

  pause(): void {
    if (this.phase !== 'training') return;
    this.phase = 'paused';
    let open = () => {};
    const promise = new Promise<void>((resolve) => (open = resolve));
    this.#gate = { promise, open };
  }

  unpause(): void {
    if (this.phase !== 'paused') return;
    this.phase = 'training';
    this.#open();
  }

  /** Ends it; the adapter keeps what it has learned. */
  stop(): void {
    this.#abort.abort();
    this.#open();
  }

  /** Back to collecting. */
  reset(): void {
    if (!this.active) this.phase = 'none';
  }

  #open(): void {
    this.#gate?.open();
    this.#gate = undefined;
  }

  async #guard(stored: Stored, work: () => Promise<Adapter<Sorting>>): Promise<void> {
    this.#abort = new AbortController();
    Object.assign(this, { phase: 'starting', failure: undefined, unsaved: undefined, result: undefined, stopped: false, stored });
    Object.assign(this, { progress: undefined, points: [], before: undefined, now: undefined, outcome: undefined });
    try {
      const adapter = await work();
      await this.#finish(adapter, stored);
    } catch (error) {
      this.failure = isAbort(error) ? undefined : explain(error);
      this.phase = this.failure === undefined ? 'none' : 'failed';
    }
  }

  async #follow(training: AsyncGenerator<TrainProgress<Sorting>, void, undefined>): Promise<void> {
    try {
      for await (const progress of training) {
        await this.#gate?.promise;
        if (this.phase === 'starting') this.phase = 'training';
        this.progress = progress;
        if ('saveError' in progress) this.unsaved = progress.saveError?.message;
        const { step, loss, validation } = progress;
        const accuracy = validation?.accuracy;
        const point: Point = { step, loss, ...(accuracy !== undefined && { accuracy }) };
        // A run that was cut off begins again at its last save, before the last point; a look repeats its step.
        this.points = [...this.points.filter((other) => other.step < step), point];
        if (accuracy !== undefined) {
          this.now = accuracy;
          await this.#keep();
        }
      }
    } catch (error) {
      if (!isAbort(error) || this.progress === undefined) throw error;
      this.stopped = true;
    }
  }

  async #finish(adapter: Adapter<Sorting>, stored: Stored): Promise<void> {
    this.phase = 'finishing';
    this.result = await ask(adapter, stored.heldOut);
    const { accuracy, heldOut, guessing } = this.result ?? {};
    const score = accuracy === undefined ? {} : { score: { accuracy, heldOut: heldOut ?? 0, guessing: guessing ?? 0 } };
    const file = await adapter.export();
    const { name: id, title, learned } = stored;
    await shelf.add({ id, title, task: 'text-classification', labels: [...adapter.labels], made: new Date(), file, learned, ...score, ...asVersion(stored, this.result) }, adapter);
    if (this.stopped) await this.#keep();
    else await forget(id);
    this.phase = 'done';
  }

  async #keep(): Promise<void> {
    if (this.stored !== undefined) await keep({ ...this.stored, points: this.points });
  }
}

async function ask(adapter: Adapter<Sorting>, examples: Example[]): Promise<Report | undefined> {
  const answers = await adapter.classify(examples.map(({ text }) => text), { maxLength: MAX_LENGTH });
  return report(adapter.labels, examples, answers);
}

/** A name that may stand in the names of tensors. */
export function slug(title: string): string {
  return title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40) || 'adapter';
}

export const run = new Run();
