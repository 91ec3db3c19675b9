import type { TrainProgress } from 'graftwork';
import { GraftworkError } from 'graftwork';
import type { Explained } from '../engine/explain';
import { explain, isAbort } from '../engine/explain';
import { model } from '../engine/model.svelte';
import { shelf } from '../engine/shelf.svelte';
import { slug } from '../teach/run.svelte';
import { marks } from './marks.svelte';

const MAX_LENGTH = 128;
const BATCH = 8;
/** Enough steps to learn something from few texts. */
const STEPS = 60;

/** One training from marked texts, from its first step to the adapter on the shelf. */
class Lesson {
  phase = $state<'none' | 'training' | 'done' | 'failed'>('none');
  progress = $state.raw<TrainProgress<'token-classification'>>();
  failure = $state.raw<Explained>();
  /** The adapter that came of it. */
  made = $state<{ id: string; title: string }>();
  #abort = new AbortController();

  /** Teaches a new adapter all that is marked; never rejects. */
  async begin(): Promise<void> {
    const { backbone } = model;
    if (backbone === undefined || this.phase === 'training') return;
    const [title, examples] = [marks.title.trim() || 'My names', marks.examples];
    Object.assign(this, { phase: 'training', progress: undefined, failure: undefined, made: undefined });
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const entityTypes = $state.snapshot(marks.types);
    try {
      const adapter = await backbone.createAdapter({ task: 'token-classification', entityTypes, name: slug(title) });
      const epochs = Math.min(40, Math.max(3, Math.round(STEPS / Math.ceil(examples.length / BATCH))));
      try {
        for await (const progress of adapter.train(examples, { epochs, batchSize: BATCH, lr: 2e-3, maxLength: MAX_LENGTH, signal })) {
          this.progress = progress;
        }
      } catch (error) {
        // Whoever stops keeps what was learned so far.
        if (!isAbort(error) || this.progress === undefined) throw error;
      }
      const id = `names-${crypto.randomUUID()}`;
      const own = { id, title, task: 'token-classification' as const, labels: [...adapter.labels], made: new Date(), file: await adapter.export(), learned: examples.length };
      await shelf.add(own, adapter);
      this.made = { id, title };
      this.phase = 'done';
    } catch (error) {
      this.failure = isAbort(error) ? undefined : explain(error);
      if (error instanceof GraftworkError && error.code === 'bad-examples') this.failure = { ...explain(error), advice: error.message };
      this.phase = this.failure === undefined ? 'none' : 'failed';
    }
  }

  /** Ends it; the adapter keeps what it has learned. */
  stop(): void {
    this.#abort.abort();
  }

  /** Back to marking. */
  reset(): void {
    if (this.phase !== 'training') this.phase = 'none';
  }
}

export const lesson = new Lesson();
