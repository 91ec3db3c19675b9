import type { Backbone } from 'graftwork';
import { explain, isAbort, type Explained } from '../engine/explain';
import { shelf } from '../engine/shelf.svelte';
import { Opened } from '../parts/opened.svelte';
import type { Role } from '../table/roles';
import type { Table } from '../table/table';
import type { Sorted } from './results';

/** So many texts at a time: few enough to stop soon and to show what comes, enough not to wait between them. */
const BATCH = 32;
/** Milliseconds between two looks at what came: a tiny model answers faster than anybody looks. */
const PAUSE = 150;

/** A table of texts: labels that it has are of no use here. */
class Texts extends Opened {
  protected override look(table: Table, roles: Role[], signal: AbortSignal): Promise<void> {
    return super.look(table, roles.map((role) => (role === 'text' ? role : 'unused')), signal);
  }
}

/** A list that is being sorted; it goes on while another view is looked at. */
class Sorting {
  readonly texts = new Texts();
  phase = $state<'none' | 'sorting' | 'stopped' | 'done'>('none');
  failure = $state.raw<Explained>();
  /** By row. It only grows, and who looks at it looks at `done` first. */
  results: (Sorted | undefined)[] = [];
  /** Rows that were gone through. */
  done = $state(0);
  secondsLeft = $state(Infinity);
  /** Texts that were too long to be read to their end. */
  cut = $state(0);
  /** The skill that sorts. */
  skill = $state('');
  #abort = new AbortController();

  get rows(): string[][] {
    return this.texts.table?.rows ?? [];
  }

  /** Sorts all rows, or those that are left; never rejects. */
  async go(backbone: Backbone, skill: string): Promise<void> {
    const { rows } = this;
    const column = this.texts.roles.indexOf('text');
    if (this.phase === 'none') Object.assign(this, { results: new Array(rows.length), done: 0, cut: 0, skill });
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    Object.assign(this, { phase: 'sorting', failure: undefined, secondsLeft: Infinity });
    // What was sorted is kept nowhere.
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', stay);
    const [started, before] = [performance.now(), this.done];
    let [at, shown] = [before, started];
    try {
      const adapter = await shelf.attach(backbone, this.skill);
      while (at < rows.length) {
        const batch = rows.slice(at, at + BATCH).map((row, i) => ({ row: at + i, text: row[column]?.trim() ?? '' })).filter(({ text }) => text !== '');
        const answers = batch.length === 0 ? [] : await adapter.classify(batch.map(({ text }) => text), { signal });
        signal.throwIfAborted();
        answers.forEach((answer, i) => {
          const labels = 'labels' in answer ? answer.labels : [answer.label];
          const score = labels[0] === undefined ? Math.max(...Object.values(answer.scores)) : (answer.scores[labels[0]] ?? 0);
          const row = batch[i]?.row;
          if (row !== undefined) this.results[row] = { labels, score };
          if (answer.warnings.some(({ type }) => type === 'truncated')) this.cut += 1;
        });
        at = Math.min(rows.length, at + BATCH);
        const now = performance.now();
        if (now - shown < PAUSE && at < rows.length) continue;
        shown = now;
        this.done = at;
        this.secondsLeft = ((now - started) / 1000 / (at - before)) * (rows.length - at);
      }
      this.phase = 'done';
    } catch (error) {
      if (!isAbort(error)) this.failure = explain(error);
      // One that was closed begins anew, whatever comes late.
      if (this.#abort.signal === signal && this.phase === 'sorting') this.phase = 'stopped';
    } finally {
      if (this.#abort.signal === signal && this.phase !== 'none') this.done = at;
      removeEventListener('beforeunload', stay);
    }
  }

  stop(): void {
    this.#abort.abort();
  }

  /** Back to the choice of columns and skill. */
  reset(): void {
    this.stop();
    this.phase = 'none';
    this.failure = undefined;
  }
}

export const sorting = new Sorting();
