import type { Example } from 'graftwork';
import { Opened } from '../../parts/opened.svelte';
import type { Source } from '../../table/open';
import type { Role } from '../../table/roles';
import type { Reading, Table } from '../../table/table';
import { draft, MOST_LABELS } from '../draft.svelte';
import { gather, MOST_EXAMPLES, plan, tally, withoutLabel, type Tally, type Wishes } from '../plan';

const USUAL: Wishes = { merge: true, commonest: false, otherwise: '' };

/** A table that is looked at before anything of it becomes an example. */
export class Preview extends Opened {
  wishes = $state<Wishes>({ ...USUAL });
  tally = $state.raw<Tally>();

  readonly plan = $derived.by(() => {
    const room = Math.max(0, MOST_EXAMPLES - draft.examples.length);
    return this.tally && plan(this.tally, this.wishes, draft.labels, MOST_LABELS, room);
  });

  override async open(source: Source, wish?: Reading): Promise<void> {
    this.wishes = { ...USUAL };
    await super.open(source, wish);
  }

  /** The examples that were planned; nothing where it was closed in the meantime. */
  async take(): Promise<Example[] | undefined> {
    const { table, roles, plan } = this;
    if (table === undefined || plan === undefined) return undefined;
    const wishes = $state.snapshot(this.wishes);
    let examples: Example[] | undefined;
    await this.work(async (signal) => void (examples = await gather(table, roles, plan, wishes, signal)));
    return examples;
  }

  /** The texts that have no label; nothing where it was closed in the meantime. */
  async takeUnlabelled(): Promise<string[] | undefined> {
    const { table, roles } = this;
    if (table === undefined) return undefined;
    let texts: string[] | undefined;
    await this.work(async (signal) => void (texts = await withoutLabel(table, roles, signal)));
    return texts;
  }

  override close(): void {
    super.close();
    this.tally = undefined;
  }

  protected override async look(table: Table, roles: Role[], signal: AbortSignal): Promise<void> {
    await super.look(table, roles, signal);
    this.tally = await tally(table, roles, signal);
  }
}
