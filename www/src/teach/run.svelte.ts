import type { Adapter, Backbone, Example, TrainProgress } from 'graftwork';
import type { Explained } from '../engine/explain';
import { continued, skillFor, type Outcome } from '../correct/continued';
import { explain, isAbort } from '../engine/explain';
import { forget, keep, saving, train } from '../engine/runs';
import { shelf } from '../engine/shelf.svelte';
import { chosen } from '../language/chosen.svelte';
import type { Point, Run as Stored } from '../store/db';
import { asVersion } from '../project/versions';
import { crossCheck } from './crosscheck';
import { draft, type Settings } from './draft.svelte';
import { facts } from './facts';
import { look, type Reading } from './reading';
import type { Mistake, Report } from './score';
import { report } from './score';
import { split } from './split';
import { BATCH, epochsFor, isFew, SUFFICES } from './ways';

/** What is taught here. */
type Sorting = 'text-classification';

/** What is to be learned, by whom and how. */
interface Task {
  backbone: Backbone;
  labels: string[];
  examples: Example[];
  settings: Settings;
  reading: Reading;
}

/** One training run, from its first step to the adapter on the shelf. */
class Run {
  phase = $state<'none' | 'starting' | 'checking' | 'training' | 'paused' | 'finishing' | 'done' | 'failed'>('none');
  /** How much of the check is done, from 0 to 1. */
  checked = $state(0);
  /** Seconds that the rest of it will probably take. */
  checkLeft = $state<number>();
  progress = $state.raw<TrainProgress<Sorting>>();
  points = $state.raw<Point[]>([]);
  failure = $state.raw<Explained>();
  /** How it answered what it had not learned from; with few examples that is known before it learns on. */
  result = $state.raw<Report>();
  /** Of one that went on from a skill: what it says now of what was put right, and of other texts. */
  outcome = $state.raw<Outcome>();
  /** It was ended before its last step. */
  stopped = $state(false);
  /** Why it is not being saved, where that is so. */
  unsaved = $state<string>();
  /** What is stored of it; its name is the id that the adapter has on the shelf. */
  stored = $state.raw<Stored>();
  #judges: Adapter<Sorting>[] = [];
  #abort = new AbortController();
  #gate: { promise: Promise<void>; open: () => void } | undefined;

  get active(): boolean {
    return ['starting', 'checking', 'training', 'paused', 'finishing'].includes(this.phase);
  }

  get canContinue(): boolean {
    return this.stopped && this.unsaved === undefined;
  }

  /** Teaches a new adapter; never rejects. */
  async begin(backbone: Backbone, title: string, labels: string[], examples: Example[], settings: Settings): Promise<void> {
    const skill = skillFor(settings.from, labels);
    if (skill !== undefined) return this.#goOn(backbone, title, skill, examples);
    const stored: Stored = { name: `run-${crypto.randomUUID()}`, title, project: draft.id, learned: examples.length, heldOut: [], points: [] };
    await this.#guard(stored, async (signal) => {
      const reading = await look(backbone, examples.map(({ text }) => text), chosen.it.reads.letters, signal);
      this.stored = { ...stored, facts: await facts(examples, reading, signal) };
      const task = { backbone, labels, examples, settings, reading };
      return isFew(settings.way, examples.length, labels.length) ? this.#few(task, signal) : this.#many(task, signal);
    });
  }

  /** Teaches a skill what was put right of it. */
  async #goOn(backbone: Backbone, title: string, skill: string, examples: Example[]): Promise<void> {
    const stored: Stored = { name: `run-${crypto.randomUUID()}`, title, project: draft.id, learned: examples.length, heldOut: [], points: [] };
    await this.#guard(stored, async (signal) => {
      const { adapter, learned, options, compare } = await continued(backbone, skill, examples, signal);
      await this.#keep({});
      await this.#follow(train(adapter, learned, { ...options, saveAs: stored.name, signal }, (reason) => (this.unsaved = reason)));
      this.phase = 'finishing';
      this.outcome = await compare();
      return adapter;
    });
  }

  /** Goes on with a run that was stopped or cut off; never rejects. */
  async resume(backbone: Backbone, stored: Stored): Promise<void> {
    await this.#guard(stored, async (signal) => {
      this.points = stored.points;
      this.result = stored.report;
      const { adapter, training } = await backbone.resume(stored.name, { task: 'text-classification', signal });
      await this.#follow(training);
      return this.#kept(backbone, adapter);
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

  /** Who made a mistake: one that has not learned the text, as the finished adapter may have. */
  async judge(backbone: Backbone, { by }: Mistake): Promise<Adapter | undefined> {
    return this.#wereHeldOut && this.stored ? shelf.attach(backbone, this.stored.name) : this.#judges[by];
  }

  /** Whether he is still there: after a reload those of few examples are not. */
  canJudge({ by }: Mistake): boolean {
    return this.#wereHeldOut || this.#judges[by] !== undefined;
  }

  get #wereHeldOut(): boolean {
    return (this.stored?.heldOut.length ?? 0) > 0;
  }

  #open(): void {
    this.#gate?.open();
    this.#gate = undefined;
  }

  async #guard(stored: Stored, work: (signal: AbortSignal) => Promise<Adapter<Sorting>>): Promise<void> {
    if (stored.name !== this.stored?.name) for (const judge of this.#judges.splice(0)) judge.dispose();
    this.#abort = new AbortController();
    Object.assign(this, { phase: 'starting', failure: undefined, unsaved: undefined, result: undefined, stopped: false, stored });
    Object.assign(this, { progress: undefined, points: [], checked: 0, checkLeft: undefined, outcome: undefined });
    try {
      await this.#finish(await work(this.#abort.signal));
    } catch (error) {
      this.failure = isAbort(error) ? undefined : explain(error);
      this.phase = this.failure === undefined ? 'none' : 'failed';
    }
  }

  /**
   * Few examples: a head is fitted, and each example asked about without it. Where that suffices, that is all; otherwise an adapter is
   * trained from there, and kept if it is better.
   */
  async #few({ backbone, labels, examples, settings, reading }: Task, signal: AbortSignal): Promise<Adapter<Sorting>> {
    const { seed, way, reductionFactor } = settings;
    const name = slug(this.stored?.title ?? '');
    this.phase = 'checking';
    const started = performance.now();
    const onDone = (share: number) => {
      this.checked = share;
      this.checkLeft = ((performance.now() - started) / 1000) * (1 / share - 1);
    };
    const { answers, judges, head } = await crossCheck(backbone, examples, reading, { name, seed, signal, onDone });
    this.#judges = judges;
    this.result = report(labels, answers);
    if (way === 'auto' && (this.result?.accuracy ?? 0) >= SUFFICES) return head;
    await this.#keep({ ...(this.result && { report: this.result }), head: await head.export() });
    head.dispose();
    const { maxLength, longTexts } = reading;
    const options = { labels, name, seed, method: { type: 'double_seq_bn', reductionFactor } as const, maxLength, ...(longTexts && { longTexts }), signal };
    let adapter: Adapter<Sorting> | undefined;
    const start = async (saved: { saveAs?: string }) => {
      adapter?.dispose();
      const run = await backbone.fewShot(examples, { ...options, ...saved });
      adapter = run.adapter;
      return run.training;
    };
    this.phase = 'training';
    await this.#follow(saving(start, this.stored?.name ?? '', (reason) => (this.unsaved = reason)));
    return this.#kept(backbone, adapter);
  }

  /** Many examples: the ordinary training. Some choose the best weights, others are asked about afterwards. */
  async #many({ backbone, labels, examples, settings, reading }: Task, signal: AbortSignal): Promise<Adapter<Sorting>> {
    const { seed, lr, reductionFactor } = settings;
    const { learned, chosenBy, heldOut } = split(examples, settings.heldOut, seed);
    const method = { type: 'double_seq_bn', reductionFactor };
    const adapter = await backbone.createAdapter({ labels, name: slug(this.stored?.title ?? ''), method, seed });
    await this.#keep({ learned: learned.length, heldOut });
    const epochs = settings.epochs ?? epochsFor(learned.length);
    const steps = epochs * Math.ceil(learned.length / BATCH);
    const { maxLength, longTexts } = reading;
    const options = {
      epochs, lr, seed, batchSize: BATCH, maxLength, ...(longTexts && { longTexts }),
      // Few long passes would leave the chart empty.
      ...(chosenBy.length > 0 && { validation: chosenBy, ...(epochs < 4 && { evalEvery: Math.ceil(steps / 4) }) }),
      saveAs: this.stored?.name ?? '', signal,
    };
    await this.#follow(train(adapter, learned, options, (reason) => (this.unsaved = reason)));
    return adapter;
  }

  /** Of a run that was stopped while it was still being asked whether an adapter is worth it: the head, which is whole. */
  async #kept(backbone: Backbone, adapter: Adapter<Sorting> | undefined): Promise<Adapter<Sorting>> {
    const head = this.stored?.head;
    if (adapter !== undefined && (!this.stopped || head === undefined)) return adapter;
    adapter?.dispose();
    if (head === undefined) throw new DOMException('there is nothing to keep', 'AbortError');
    return backbone.loadAdapter(head, { task: 'text-classification' });
  }

  async #follow(training: AsyncGenerator<TrainProgress<Sorting>, void, undefined>): Promise<void> {
    try {
      for await (const progress of training) {
        await this.#gate?.promise;
        if (this.phase === 'starting') this.phase = 'training';
        this.progress = progress;
        if ('saveError' in progress) this.unsaved = progress.saveError?.message;
        const { step, loss, validation, comparison } = progress;
        const accuracy = validation?.accuracy;
        const point: Point = { step, loss, ...(accuracy !== undefined && { accuracy }) };
        // A run that was cut off begins again at its last save, before the last point; a look repeats its step.
        this.points = [...this.points.filter((other) => other.step < step), point];
        if (comparison !== undefined && this.result !== undefined) this.result = { ...this.result, further: comparison };
        if (accuracy !== undefined || comparison !== undefined) await this.#keep(this.result ? { report: this.result } : {});
      }
    } catch (error) {
      const isWorthKeeping = this.progress !== undefined || this.stored?.head !== undefined;
      if (!isAbort(error) || !isWorthKeeping) throw error;
      this.stopped = true;
    }
  }

  async #finish(adapter: Adapter<Sorting>): Promise<void> {
    this.phase = 'finishing';
    const { stored } = this;
    if (stored === undefined) return;
    if (stored.heldOut.length > 0) this.result = await ask(adapter, stored.heldOut);
    await this.#handOver(adapter, stored, this.result);
    if (this.stopped) await this.#keep({});
    else await forget(stored.name);
    this.phase = 'done';
  }

  /** What came of a run goes where it is kept: the adapter, and how well it did, which is plain data. */
  async #handOver(adapter: Adapter<Sorting>, stored: Stored, result: Report | undefined): Promise<void> {
    const { name: id, title, learned } = stored;
    const { accuracy, heldOut, guessing } = result ?? { accuracy: 0, heldOut: 0, guessing: 0 };
    const score = heldOut === 0 ? {} : { score: { accuracy, heldOut, guessing } };
    const file = await adapter.export();
    await shelf.add({ id, title, task: 'text-classification', labels: [...adapter.labels], made: new Date(), file, ...chosen.mark, learned, ...score, ...asVersion(stored, result) }, adapter);
  }

  async #keep(news: Partial<Stored>): Promise<void> {
    if (this.stored === undefined) return;
    this.stored = { ...this.stored, ...news, points: this.points };
    await keep(this.stored);
  }
}

async function ask(adapter: Adapter<Sorting>, examples: Example[]): Promise<Report | undefined> {
  const answers = await adapter.classify(examples.map(({ text }) => text));
  return report(adapter.labels, answers.flatMap((answer, i) => (examples[i] ? [{ example: examples[i], answer, by: 0 }] : [])));
}

/** A name that may stand in the names of tensors. */
export function slug(title: string): string {
  return title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40) || 'adapter';
}

export const run = new Run();
