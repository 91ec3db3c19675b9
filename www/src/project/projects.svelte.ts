import { shelf } from '../engine/shelf.svelte';
import type { Material, Project } from '../store/db';
import { typed } from '../store/typed.svelte';
import { DEFAULTS, draft } from '../teach/draft.svelte';
import { kept, type Loaded, type News } from './kept.svelte';
import { merge } from './merge';
import { nameOf } from './name';
import { isBlank } from './saver.svelte';

const KEY = 'graftwork-project';
const LONGEST_NAME = 60;
const blank = (): Material => ({ title: '', labels: [], examples: [], unlabelled: [], settings: DEFAULTS });

/** What the visitor does with his projects: one is open, and is the draft. */
class Projects {
  /** What another tab did to the open one. */
  said = $state('');
  /** The steps of those that were left, and the revision they are good for. */
  #histories = new Map<string, { history: typeof draft.history; revision: number }>();

  /** Opens the one that was open before, else the last changed; never rejects. */
  async start(): Promise<void> {
    draft.id = crypto.randomUUID();
    kept.listen((news) => void this.#hear(news));
    await kept.list();
    const id = remembered() ?? kept.all[0]?.id ?? draft.id;
    const loaded = await kept.load(id).catch(() => undefined);
    const early = draft.material;
    this.#enter(id, loaded && { ...loaded, material: merge(blank(), early, loaded.material) });
    if (loaded === undefined) draft.open(id, early);
    if (!isBlank(early)) draft.saver.soon();
  }

  /** Opens another one. */
  async open(id: string): Promise<void> {
    if (id === draft.id) return;
    await this.#leave();
    const loaded = await kept.load(id);
    if (loaded === undefined) await kept.list();
    else this.#enter(id, loaded);
  }

  /** Opens one with nothing in it. */
  async create(): Promise<void> {
    await this.#leave();
    this.#enter(crypto.randomUUID(), undefined);
  }

  /** Makes another of it, with all its versions, under a name of its own; gives its id. */
  async duplicate(id: string): Promise<string> {
    if (id === draft.id) await draft.saver.flush();
    const loaded = await kept.load(id);
    if (loaded === undefined) throw new Error('this project was deleted in another tab');
    const { project, material } = loaded;
    const copy = crypto.randomUUID();
    const versions = shelf.versions(id).map((own) => ({ ...own, id: `run-${crypto.randomUUID()}`, project: copy }));
    const title = this.freeName(`${nameOf(project).slice(0, LONGEST_NAME - 10)} (copy)`);
    const now = new Date();
    await kept.put({ ...project, id: copy, title, made: now, changed: now, revision: 1 }, material, versions);
    shelf.show(versions);
    return copy;
  }

  /** Gives it a name that no other one has; gives that. */
  async rename(id: string, wanted: string): Promise<string> {
    const title = wanted.trim() === '' ? '' : this.freeName(wanted.trim(), id);
    if (id === draft.id) {
      draft.rename(title);
      return title;
    }
    const loaded = await kept.load(id);
    if (loaded !== undefined) await kept.save(id, { ...loaded.material, title }, loaded.material, loaded.project.revision);
    return title;
  }

  /** Deletes it with its versions. */
  async remove(id: string): Promise<void> {
    for (const version of shelf.versions(id)) await shelf.remove(version.id);
    if (id === draft.id) draft.saver.begin(0);
    await kept.remove(id);
    typed.clear(`${id}/`);
    this.#histories.delete(id);
    if (id === draft.id) await this.#enterNext();
  }

  /** Nothing is stored any more. */
  clear(): void {
    this.#histories.clear();
    kept.clear();
    this.#enter(crypto.randomUUID(), undefined);
  }

  /** The name, or where another one has it with a number. */
  freeName(wanted: string, id?: string): string {
    const taken = new Set(kept.all.filter((other) => other.id !== id).map(nameOf));
    let name = wanted.slice(0, LONGEST_NAME);
    for (let i = 2; taken.has(name); i += 1) name = `${wanted.slice(0, LONGEST_NAME - 5)} (${i})`;
    return name;
  }

  async #leave(): Promise<void> {
    this.said = '';
    await draft.saver.flush();
    this.#histories.set(draft.id, { history: draft.history, revision: draft.saver.revision });
  }

  #enter(id: string, loaded: Loaded | undefined): void {
    const revision = loaded?.project.revision ?? 0;
    const left = this.#histories.get(id);
    draft.open(id, loaded?.material ?? blank(), left?.revision === revision ? left.history : undefined);
    draft.saver.begin(revision);
    remember(id);
  }

  async #enterNext(): Promise<void> {
    const next: Project | undefined = kept.all[0];
    this.#enter(next?.id ?? crypto.randomUUID(), next && await kept.load(next.id).catch(() => undefined));
  }

  async #hear(news: News): Promise<void> {
    if (news === 'cleared') {
      this.clear();
      this.said = 'Everything stored was deleted in another tab.';
      await shelf.open();
      return;
    }
    await kept.list();
    if ('taught' in news) return shelf.open();
    if ('saved' in news) {
      if (news.saved === draft.id) await draft.saver.refresh();
      return;
    }
    await shelf.open();
    if (news.removed !== draft.id) return;
    const name = nameOf(draft);
    await this.#enterNext();
    this.said = `“${name}” was deleted in another tab.`;
  }
}

/** What was open: in this tab, else in any. */
function remembered(): string | undefined {
  try {
    const here = sessionStorage.getItem(KEY);
    const last = localStorage.getItem(KEY) ?? '';
    return here ?? kept.find(last)?.id;
  } catch {
    return undefined;
  }
}

function remember(id: string): void {
  try {
    sessionStorage.setItem(KEY, id);
    localStorage.setItem(KEY, id);
  } catch {
    // Then it is the last changed.
  }
}

export const projects = new Projects();
