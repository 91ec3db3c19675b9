import type { Adapter } from 'graftwork';
import { explain, isAbort, type Explained } from '../engine/explain';
import { logOdds, mattering, parts, without, type Weighed } from './parts';

/** So few texts at a time that whoever asks something else hardly waits. */
const BATCH = 4;

/** Which words an answer stands on: each is left out once, and the label asked for again (leave-one-out). */
export class Why {
  phase = $state<'none' | 'asking' | 'done' | 'failed'>('none');
  /** How much has been asked, from 0 to 1. */
  done = $state(0);
  found = $state.raw<{ pro: Weighed[]; contra: Weighed[] }>();
  failure = $state.raw<Explained>();
  #abort = new AbortController();

  /** Asks; never rejects. `label` is the one that was given, `adapter` who gave it. */
  async ask(adapter: Promise<Adapter | undefined>, text: string, label: string): Promise<void> {
    this.stop();
    const { signal } = (this.#abort = new AbortController());
    Object.assign(this, { phase: 'asking', done: 0, found: undefined, failure: undefined });
    try {
      const by = await adapter;
      if (by === undefined) throw new Error('who gave this answer is not there any more');
      const all = parts(text);
      const texts = [text, ...all.map((part) => without(text, part))];
      const answers: { odds: number; label: string }[] = [];
      while (answers.length < texts.length) {
        const some = texts.slice(answers.length, answers.length + BATCH);
        for (const answer of await by.classify(some, { signal })) {
          const first = 'labels' in answer ? (answer.labels.includes(label) ? label : (answer.labels[0] ?? '')) : answer.label;
          answers.push({ odds: logOdds(answer.scores[label] ?? 0), label: first });
        }
        signal.throwIfAborted();
        this.done = answers.length / texts.length;
      }
      const whole = answers[0]?.odds ?? 0;
      const weighed = all.map((part, i) => ({ ...part, drop: whole - (answers[i + 1]?.odds ?? whole), label: answers[i + 1]?.label ?? '' }));
      this.found = mattering(weighed);
      this.phase = 'done';
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      this.failure = explain(error);
      this.phase = 'failed';
    }
  }

  /** Gives it up: something else is looked at. */
  stop(): void {
    this.#abort.abort();
    this.phase = 'none';
  }
}
