import type { Backbone } from 'graftwork';
import { explain, isAbort, type Explained } from '../engine/explain';
import { shelf } from '../engine/shelf.svelte';
import { Opened } from '../parts/opened.svelte';
import type { Role } from '../table/roles';
import type { Table } from '../table/table';
import { forgetList, keepList, type List } from './kept';
import type { Sorted } from './results';

/** So many texts at a time: few enough to stop soon and to show what comes, enough not to wait between them. */
const BATCH = 32;
/** Milliseconds between two looks at what came: a tiny model answers faster than anybody looks. */
const PAUSE = 150;
/** Milliseconds between two saves of a long list. */
const SAVE = 10_000;

/** A table of texts: labels that it has are of no use here. */
class Texts extends Opened {
  protected override look(table: Table, roles: Role[], signal: AbortSignal): Promise<void> {
    return super.look(table, roles.map((role) => (role === 'text' ? role : 'unused')), signal);
  }
}

/** A list that is being sorted; it goes on while another view is looked at, and is kept until there is another one. */
class Sorting {
  readonly texts = new Texts();
  phase = $state<'none' | 'sorting' | 'stopped' | 'done'>('none');
  failure = $state.raw<Explained>();
  /** By row. It only grows, and who looks at it looks at `done` and `corrected` first. */
  results: (Sorted | undefined)[] = [];
  /** Rows that were gone through. */
  done = $state(0);
  secondsLeft = $state(Infinity);
  /** Texts that were too long to be read to their end. */
  cut = $state(0);
  /** The skill that sorts, and the labels that it gives. */
  skill = $state('');
  labels = $state.raw<readonly string[]>([]);
  /** Counts what was put right. */
  corrected = $state(0);
  /** Whether the browser keeps it. */
  kept = $state(false);
  #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  get rows(): string[][] {
    return this.texts.table?.rows ?? [];
  }

  textOf(row: number): string {
    return this.rows[row]?.[this.texts.roles.indexOf('text')]?.trim() ?? '';
  }

  /** Sorts all rows, or those that are left; never rejects. */
  async go(backbone: Backbone, skill: string): Promise<void> {
    const { rows } = this;
    if (this.phase === 'none') Object.assign(this, { results: new Array(rows.length).fill(undefined), done: 0, cut: 0, corrected: 0, skill });
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    Object.assign(this, { phase: 'sorting', failure: undefined, secondsLeft: Infinity });
    // What came since the last save would be lost.
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', stay);
    const [started, before] = [performance.now(), this.done];
    let [at, shown, saved] = [before, started, started];
    try {
      const adapter = await shelf.attach(backbone, this.skill);
      this.labels = adapter.labels;
      while (at < rows.length) {
        const batch = rows.slice(at, at + BATCH).map((_, i) => ({ row: at + i, text: this.textOf(at + i) })).filter(({ text }) => text !== '');
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
        if (now - saved < SAVE) continue;
        saved = now;
        this.#keep(0);
      }
      this.phase = 'done';
    } catch (error) {
      if (!isAbort(error)) this.failure = explain(error);
      // One that was closed begins anew, whatever comes late.
      if (this.#abort.signal === signal && this.phase === 'sorting') this.phase = 'stopped';
    } finally {
      if (this.#abort.signal === signal && this.phase !== 'none') {
        this.done = at;
        this.#keep(0);
      }
      removeEventListener('beforeunload', stay);
    }
  }

  stop(): void {
    this.#abort.abort();
  }

  /** Back to the choice of columns and skill. */
  reset(): void {
    this.stop();
    clearTimeout(this.#timer);
    this.phase = 'none';
    this.failure = undefined;
  }

  /** Closes the list; it is not kept any longer. */
  close(): void {
    this.reset();
    this.texts.close();
    this.kept = false;
    void forgetList();
  }

  /** A text has this label, as the visitor says; or nothing is said of it any more. */
  correct(text: string, right: string | undefined): void {
    this.rows.forEach((_, row) => {
      const result = this.results[row];
      if (result === undefined || this.textOf(row) !== text) return;
      const { labels, score } = result;
      this.results[row] = { labels, score, ...(right !== undefined && { right }) };
    });
    this.corrected += 1;
    this.#keep(300);
  }

  /** Takes up a list that was kept. */
  take({ name, table, roles, results, skill, labels, done, cut }: List): void {
    this.reset();
    this.texts.show(name, table, roles);
    Object.assign(this, { results, skill, labels, done, cut, corrected: 0, kept: true, phase: done === table.rows.length ? 'done' : 'stopped' });
  }

  #keep(soon: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const { texts: { table, roles, source }, results, skill, labels, done, cut } = this;
      if (table === undefined || this.phase === 'none') return;
      const list = { name: source?.name ?? '', table, roles, results, skill, labels: [...labels], done, cut };
      keepList(list).then(() => (this.kept = true), () => (this.kept = false));
    }, soon);
  }
}

export const sorting = new Sorting();
