import type { Adapter, Backbone, TrainProgress } from 'graftwork';
import { GraftworkError } from 'graftwork';
import type { Explained } from '../engine/explain';
import { explain, isAbort } from '../engine/explain';
import { forget, keep, train } from '../engine/runs';
import { shelf } from '../engine/shelf.svelte';
import { chosen } from '../language/chosen.svelte';
import type { Run as Stored } from '../store/db';
import { slug } from '../teach/run.svelte';
import { marks } from './marks.svelte';

const MAX_LENGTH = 128;
const BATCH = 8;
/** Enough steps to learn something from few texts. */
const STEPS = 60;

/** A run, and the adapter that learns by it. */
interface Learning {
  adapter: Adapter;
  training: AsyncGenerator<TrainProgress, void, undefined>;
}

/** One training from marked texts, from its first step to the adapter on the shelf. */
class Lesson {
  phase = $state<'none' | 'training' | 'done' | 'failed'>('none');
  progress = $state.raw<TrainProgress>();
  failure = $state.raw<Explained>();
  /** The adapter that came of it. */
  made = $state<{ id: string; title: string; labels: readonly string[] }>();
  /** It was ended before its last step. */
  stopped = $state(false);
  /** Why it is not being saved, where that is so. */
  unsaved = $state<string>();
  /** What is stored of it, and the id that the adapter has on the shelf. */
  stored = $state.raw<Stored>();
  #abort = new AbortController();

  get canContinue(): boolean {
    return this.stopped && this.unsaved === undefined;
  }

  /** Teaches a new adapter all that is marked; never rejects. */
  async begin(backbone: Backbone): Promise<void> {
    const [title, examples] = [marks.title.trim() || 'My names', marks.examples];
    const stored = { name: `names-${crypto.randomUUID()}`, title, learned: examples.length, heldOut: [], points: [] };
    const entityTypes = $state.snapshot(marks.types);
    await this.#guard(stored, async (signal) => {
      const adapter = await backbone.createAdapter({ task: 'token-classification', entityTypes, name: slug(title) });
      await keep(stored);
      const epochs = Math.min(40, Math.max(3, Math.round(STEPS / Math.ceil(examples.length / BATCH))));
      const options = { epochs, batchSize: BATCH, lr: 2e-3, maxLength: MAX_LENGTH, saveAs: stored.name, signal };
      return { adapter, training: train(adapter, examples, options, (reason) => (this.unsaved = reason)) };
    });
  }

  /** Goes on with one that was stopped or cut off; never rejects. */
  async resume(backbone: Backbone, stored: Stored): Promise<void> {
    await this.#guard(stored, (signal) => backbone.resume(stored.name, { signal }));
  }

  /** Ends it; the adapter keeps what it has learned. */
  stop(): void {
    this.#abort.abort();
  }

  /** Back to marking. */
  reset(): void {
    if (this.phase !== 'training') this.phase = 'none';
  }

  async #guard(stored: Stored, start: (signal: AbortSignal) => Promise<Learning>): Promise<void> {
    if (this.phase === 'training') return;
    Object.assign(this, { phase: 'training', progress: undefined, failure: undefined, made: undefined });
    Object.assign(this, { stopped: false, unsaved: undefined, stored });
    this.#abort = new AbortController();
    try {
      const learning = await start(this.#abort.signal);
      await this.#follow(learning);
      await this.#finish(learning.adapter, stored);
      this.phase = 'done';
    } catch (error) {
      this.failure = isAbort(error) ? undefined : explain(error);
      if (error instanceof GraftworkError && error.code === 'bad-examples') this.failure = { ...explain(error), advice: error.message };
      this.phase = this.failure === undefined ? 'none' : 'failed';
    }
  }

  async #follow({ training }: Learning): Promise<void> {
    try {
      for await (const progress of training) {
        this.progress = progress;
        if ('saveError' in progress) this.unsaved = progress.saveError?.message;
      }
    } catch (error) {
      // Whoever stops keeps what was learned so far.
      if (!isAbort(error) || this.progress === undefined) throw error;
      this.stopped = true;
    }
  }

  async #finish(adapter: Adapter, { name: id, title, learned }: Stored): Promise<void> {
    const labels = [...adapter.labels];
    const file = await adapter.export();
    await shelf.add({ id, title, task: 'token-classification', labels, made: new Date(), file, ...chosen.mark, learned }, adapter);
    if (!this.stopped) await forget(id);
    this.made = { id, title, labels };
  }
}

export const lesson = new Lesson();
