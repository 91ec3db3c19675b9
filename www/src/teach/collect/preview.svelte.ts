import type { Example } from 'graftwork';
import { Opened } from '../../parts/opened.svelte';
import type { Source } from '../../table/open';
import type { Role } from '../../table/roles';
import type { Reading, Table } from '../../table/table';
import { draft, type Draft, MOST_LABELS, MOST_UNLABELLED } from '../draft.svelte';
import { gather, MOST_EXAMPLES, plan, tally, unlabelled, type Tally, type Wishes } from '../plan';

const USUAL: Wishes = { merge: true, commonest: false, otherwise: '', later: true };

/** What is taken from a table. */
export interface Taken {
  examples: Example[];
  waiting: string[];
}

/** A table that is looked at before anything of it becomes an example. */
export class Preview extends Opened {
  /** What was said of the last one, and the step that it was. */
  said = $state('');
  step = $state.raw<Draft['history']['past'][number]>();
  wishes = $state<Wishes>({ ...USUAL });
  tally = $state.raw<Tally>();

  readonly plan = $derived.by(() => {
    const room = Math.max(0, MOST_EXAMPLES - draft.examples.length);
    return this.tally && plan(this.tally, this.wishes, draft.labels, MOST_LABELS, room);
  });

  /** How many texts would be kept without a label. */
  readonly waiting = $derived.by(() => {
    const { otherwise, later } = this.wishes;
    const found = this.tally?.faults['no label'].count ?? 0;
    return later && otherwise.trim() === '' ? Math.min(found, MOST_UNLABELLED - draft.unlabelled.length) : 0;
  });

  override async open(source: Source, wish?: Reading): Promise<void> {
    this.wishes = { ...USUAL };
    await super.open(source, wish);
  }

  /** The examples that were planned, and the texts for later; nothing where it was closed in the meantime. */
  async take(): Promise<Taken | undefined> {
    const { table, roles, plan, waiting } = this;
    if (table === undefined || plan === undefined) return undefined;
    const wishes = $state.snapshot(this.wishes);
    let taken: Taken | undefined;
    await this.work(async (signal) => {
      const examples = await gather(table, roles, plan, wishes, signal);
      taken = { examples, waiting: waiting > 0 ? await unlabelled(table, roles, signal) : [] };
    });
    return taken;
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

const previews = new Map<string, Preview>();

/** The one of a project: it is there again after a look at another view, or at another project. */
export function previewOf(project: string): Preview {
  const found = previews.get(project);
  if (found !== undefined) return found;
  // What is derived in it must not end with the view that asked first.
  $effect.root(() => void previews.set(project, new Preview()));
  return previewOf(project);
}
