import { open, type Source } from '../table/open';
import { guessRoles, type Role } from '../table/roles';
import { withHeader, type Reading, type Table } from '../table/table';

/** A table that was opened, and what its columns are taken for. */
export class Opened {
  source = $state.raw<Source>();
  table = $state.raw<Table>();
  roles = $state.raw<Role[]>([]);
  /** What is wrong, and in a second line what to do. */
  failure = $state<string>();
  busy = $state(false);
  #work = new AbortController();

  /** Reads a file or what was pasted; never rejects. */
  async open(source: Source, wish: Reading = {}): Promise<void> {
    const again = source === this.source;
    this.source = source;
    this.failure = undefined;
    if (!again) this.table = undefined;
    await this.work(async (signal) => {
      const table = await open(source, wish, signal);
      signal.throwIfAborted();
      await this.look(table, guessRoles(table), signal);
    });
  }

  /** Takes a table that was read already. */
  show(name: string, table: Table, roles: Role[]): void {
    this.close();
    Object.assign(this, { source: { name, data: '' }, table, roles });
  }

  /** Reads it again in another way. */
  readAs(wish: Reading): void {
    if (this.source !== undefined) void this.open(this.source, wish);
  }

  setHeader(header: boolean): void {
    const { table, roles } = this;
    if (table !== undefined) void this.work((signal) => this.look(withHeader(table, header), roles, signal));
  }

  /** Gives a column a role; whichever had it gets what this one was. */
  setRole(column: number, role: Role): void {
    const { table } = this;
    const before = this.roles[column] ?? 'unused';
    const roles = this.roles.map((other, i) => (i === column ? role : other === role && role !== 'unused' ? before : other));
    if (table !== undefined) void this.work((signal) => this.look(table, roles, signal));
  }

  close(): void {
    this.#work.abort();
    this.busy = false;
    this.source = this.table = this.failure = undefined;
  }

  /** Takes the table, or columns that have become something else. */
  protected async look(table: Table, roles: Role[], _signal: AbortSignal): Promise<void> {
    this.table = table;
    this.roles = roles;
  }

  /** Does something that makes void whatever was going on; never rejects. */
  protected async work(task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#work.abort();
    this.#work = new AbortController();
    const { signal } = this.#work;
    this.busy = true;
    try {
      await task(signal);
    } catch (error) {
      if (!signal.aborted) this.failure = (error as Error).message;
    }
    if (!signal.aborted) this.busy = false;
  }
}
