import type { Example } from 'graftwork';
import { open, type Source } from '../../table/open';
import { guessRoles, type Role } from '../../table/roles';
import { withHeader, type Reading, type Table } from '../../table/table';
import { draft, MOST_LABELS } from '../draft.svelte';
import { gather, MOST_EXAMPLES, plan, tally, type Tally, type Wishes } from '../plan';

/** A table that is looked at before anything of it becomes an example. */
export class Preview {
  source = $state.raw<Source>();
  table = $state.raw<Table>();
  roles = $state.raw<Role[]>([]);
  wishes = $state<Wishes>({ merge: true, commonest: false, otherwise: '' });
  failure = $state<string>();
  busy = $state(false);
  #tally = $state.raw<Tally>();
  #work = new AbortController();

  readonly plan = $derived.by(() => {
    const room = Math.max(0, MOST_EXAMPLES - draft.examples.length);
    return this.#tally && plan(this.#tally, this.wishes, draft.labels, MOST_LABELS, room);
  });

  get tally(): Tally | undefined {
    return this.#tally;
  }

  /** Reads a file or what was pasted; never rejects. */
  async open(source: Source, wish: Reading = {}): Promise<void> {
    const signal = this.#begin();
    const again = source === this.source;
    this.source = source;
    this.failure = undefined;
    if (!again) this.table = undefined;
    await this.#guard(signal, async () => {
      const table = await open(source, wish, signal);
      signal.throwIfAborted();
      this.wishes = { merge: true, commonest: false, otherwise: '' };
      await this.#look(table, guessRoles(table), signal);
    });
  }

  /** Reads it again in another way. */
  readAs(wish: Reading): void {
    if (this.source !== undefined) void this.open(this.source, wish);
  }

  setHeader(header: boolean): void {
    if (this.table === undefined) return;
    const table = withHeader(this.table, header);
    this.#lookAgain(table, this.roles);
  }

  /** Gives a column a role; whichever had it gets what this one was. */
  setRole(column: number, role: Role): void {
    const before = this.roles[column] ?? 'unused';
    const roles = this.roles.map((other, i) => (i === column ? role : other === role && role !== 'unused' ? before : other));
    if (this.table !== undefined) this.#lookAgain(this.table, roles);
  }

  /** The examples that were planned; nothing where it was closed in the meantime. */
  async take(): Promise<Example[] | undefined> {
    const { table, roles, plan, wishes } = this;
    if (table === undefined || plan === undefined) return undefined;
    const signal = this.#begin();
    let examples: Example[] | undefined;
    await this.#guard(signal, async () => void (examples = await gather(table, roles, plan, $state.snapshot(wishes), signal)));
    return examples;
  }

  close(): void {
    this.#begin();
    this.busy = false;
    this.source = this.table = this.failure = this.#tally = undefined;
  }

  #lookAgain(table: Table, roles: Role[]): void {
    const signal = this.#begin();
    void this.#guard(signal, () => this.#look(table, roles, signal));
  }

  async #look(table: Table, roles: Role[], signal: AbortSignal): Promise<void> {
    this.table = table;
    this.roles = roles;
    const counted = await tally(table, roles, signal);
    this.#tally = counted;
  }

  /** What was going on is void. */
  #begin(): AbortSignal {
    this.#work.abort();
    this.#work = new AbortController();
    return this.#work.signal;
  }

  async #guard(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      this.failure = (error as Error).message;
    }
    if (!signal.aborted) this.busy = false;
  }
}
