import { shelf } from '../engine/shelf.svelte';
import type { Material, Project } from '../store/db';
import { typed } from '../store/typed.svelte';
import { DEFAULTS, draft, MOST_LABELS, MOST_UNLABELLED, type Settings } from '../teach/draft.svelte';
import { MOST_EXAMPLES } from '../teach/plan';
import { kept, type Loaded, type News } from './kept.svelte';
import { merge } from './merge';
import { distinct, nameOf } from './name';
import { unpacked } from './packing';
import { isBlank } from './saver.svelte';

const KEY = 'graftwork-project';
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
    if (!isBlank(early)) draft.saver.changed();
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

  /** Makes another of it, with all its versions, under a name of its own; gives that. */
  async duplicate(id: string): Promise<string> {
    if (id === draft.id) await draft.saver.flush();
    const loaded = await kept.load(id);
    if (loaded === undefined) throw new Error('this project was deleted in another tab');
    const { project, material } = loaded;
    const copy = crypto.randomUUID();
    const versions = shelf.versions(id).map((own) => ({ ...own, id: `run-${crypto.randomUUID()}`, project: copy }));
    const title = this.freeName(`${nameOf(project).slice(0, 50)} (copy)`);
    const now = new Date();
    await kept.put({ ...project, id: copy, title, made: now, changed: now, revision: 1 }, material, versions);
    shelf.show(versions);
    return title;
  }

  /** Takes a project from a file, all of it or nothing; gives its name. Rejects with words that go on after the file's. */
  async bring(file: Blob): Promise<string> {
    const { material: { title: wanted, settings, ...rest }, versions } = await unpacked(file);
    if (rest.labels.length > MOST_LABELS || rest.examples.length > MOST_EXAMPLES || rest.unlabelled.length > MOST_UNLABELLED) {
      throw new Error('has more labels or texts than this page works with.\nDownload a part of it as a table where it was made.');
    }
    const id = crypto.randomUUID();
    const now = new Date();
    const title = this.freeName(nameOf({ title: wanted, labels: rest.labels }));
    const material = { title, ...rest, settings: known(settings) };
    const newest = versions.findLastIndex(({ superseded }) => superseded !== true);
    const own = versions.map((version, i) => ({ ...version, id: `run-${crypto.randomUUID()}`, project: id, superseded: i !== newest }));
    const { labels } = rest;
    const [examples, unlabelled] = [rest.examples.length, rest.unlabelled.length];
    await kept.put({ id, title, labels, settings: material.settings, examples, unlabelled, made: now, changed: now, revision: 1 }, material, own);
    shelf.show(own);
    return title;
  }

  /** The whole of a project, as it is kept. */
  async whole(id: string): Promise<Material> {
    if (id === draft.id) return draft.material;
    const loaded = await kept.load(id);
    if (loaded === undefined) throw new Error('this project was deleted in another tab');
    return loaded.material;
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
    for (const version of shelf.versions(id).reverse()) await shelf.remove(version.id);
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
    return distinct(wanted, kept.all.filter((other) => other.id !== id).map(nameOf));
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
    // A name whose last letters were not stored before a reload.
    const title = typed.get(`${id}/title`);
    if (title !== '') draft.rename(title);
  }

  async #enterNext(): Promise<void> {
    const next: Project | undefined = kept.all[0];
    this.#enter(next?.id ?? crypto.randomUUID(), next && await kept.load(next.id).catch(() => undefined));
  }

  async #hear(news: News): Promise<void> {
    if (news === 'cleared') {
      this.clear();
      typed.clear();
      this.said = 'Everything stored was deleted in another tab.';
      await this.#reread();
      return;
    }
    await kept.list();
    if ('taught' in news) return this.#reread();
    if ('saved' in news) {
      if (news.saved === draft.id) await draft.saver.refresh();
      return;
    }
    await this.#reread();
    if (news.removed !== draft.id) return;
    const name = nameOf(draft);
    await this.#enterNext();
    this.said = `“${name}” was deleted in another tab.`;
  }

  /** Takes over versions of other tabs; where nothing is stored there are none, and those of this one are to stay. */
  async #reread(): Promise<void> {
    if (shelf.unkept === undefined) await shelf.open();
  }
}

/** Settings of a file, where they are of the kind that they have here. */
function known(settings: unknown): Settings {
  const wished = Object.entries(settings ?? {}).filter(([key, value]) => key in DEFAULTS && typeof value === typeof (DEFAULTS[key as keyof Settings] ?? 0));
  return { ...DEFAULTS, ...Object.fromEntries(wished) };
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
