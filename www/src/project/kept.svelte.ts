import { explain, type Explained } from '../engine/explain';
import { database, type Contents, type Material, type OwnAdapter, type Project } from '../store/db';
import { persist } from '../store/persist';
import { merge } from './merge';

/** What a tab tells the others: a project that changed, went or has other versions; or that all went. */
export type News = { saved: string } | { removed: string } | { taught: string } | 'cleared';

/** What is stored of a project, and its texts. */
export interface Loaded {
  project: Project;
  material: Material;
}

/** The projects that the browser keeps. */
class Kept {
  /** The last changed first. */
  all = $state.raw<Project[]>([]);
  /** Why the last save failed. */
  failure = $state.raw<Explained>();
  /** What could not be stored: it is there until the page is left. */
  #unstored = new Map<string, Loaded>();
  #channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('graftwork-projects');

  /** Hears of what other tabs do. */
  listen(hear: (news: News) => void): void {
    this.#channel?.addEventListener('message', ({ data }: MessageEvent<News>) => hear(data));
  }

  tell(news: News): void {
    this.#channel?.postMessage(news);
  }

  find(id: string): Project | undefined {
    return this.all.find((project) => project.id === id);
  }

  /** Reads the list; empty where the browser keeps nothing, which the shelf says. */
  async list(): Promise<void> {
    const all = await database().then((db) => db.getAll('projects')).catch(() => []);
    this.all = [...[...this.#unstored.values()].map(({ project }) => project), ...all.filter(({ id }) => !this.#unstored.has(id))].sort(lastFirst);
  }

  async load(id: string): Promise<Loaded | undefined> {
    const unstored = this.#unstored.get(id);
    if (unstored !== undefined) return unstored;
    const transaction = (await database()).transaction(['projects', 'contents']);
    const [project, contents] = await Promise.all([transaction.objectStore('projects').get(id), transaction.objectStore('contents').get(id)]);
    return project && { project, material: whole(project, contents) };
  }

  /**
   * Saves what was `base` at revision `revision` when it was read or saved last. Where another tab was first, both become one:
   * what is then stored comes back. Rejects where the browser does not keep it.
   */
  async save(id: string, mine: Material, base: Material, revision: number): Promise<Loaded> {
    const before = this.find(id);
    try {
      const transaction = (await database()).transaction(['projects', 'contents'], 'readwrite');
      const [projects, contents] = [transaction.objectStore('projects'), transaction.objectStore('contents')];
      const stored = await projects.get(id);
      const overtaken = stored !== undefined && stored.revision !== revision;
      const material = overtaken ? merge(base, mine, whole(stored, await contents.get(id))) : mine;
      const project = shown(id, material, stored, (stored?.revision ?? 0) + 1);
      const same = stored !== undefined && !overtaken && mine.examples === base.examples && mine.unlabelled === base.unlabelled;
      const examples = material.examples.map(({ text, label }) => ({ text, label }));
      if (!same) void contents.put({ id, examples, unlabelled: material.unlabelled });
      void projects.put(project);
      // At once: the page may be about to be left.
      transaction.commit();
      await transaction.done;
      persist();
      this.failure = undefined;
      this.#unstored.delete(id);
      this.#show(project);
      this.tell({ saved: id });
      return { project, material };
    } catch (error) {
      this.failure = explain(error);
      const project = shown(id, mine, before, revision);
      this.#unstored.set(id, { project, material: mine });
      this.#show(project);
      throw error;
    }
  }

  /** Puts a whole project there with its versions, or nothing of it. */
  async put(project: Project, { examples, unlabelled }: Material, versions: readonly OwnAdapter[]): Promise<void> {
    const transaction = (await database()).transaction(['projects', 'contents', 'adapters'], 'readwrite');
    const contents = { id: project.id, examples: examples.map(({ text, label }) => ({ text, label })), unlabelled };
    await Promise.all([
      transaction.objectStore('projects').put(project), transaction.objectStore('contents').put(contents),
      ...versions.map((version) => transaction.objectStore('adapters').put(version)), transaction.done,
    ]);
    persist();
    this.#show(project);
    this.tell({ taught: project.id });
  }

  async remove(id: string): Promise<void> {
    this.#unstored.delete(id);
    await database().then((db) => Promise.all((['projects', 'contents', 'tables'] as const).map((store) => db.delete(store, id)))).catch(() => undefined);
    this.all = this.all.filter((project) => project.id !== id);
    this.tell({ removed: id });
  }

  /** Forgets all of them, which are deleted already. */
  clear(): void {
    this.#unstored.clear();
    this.all = [];
  }

  #show(project: Project): void {
    this.all = [project, ...this.all.filter(({ id }) => id !== project.id)].sort(lastFirst);
  }
}

function shown(id: string, { title, labels, settings, examples, unlabelled }: Material, before: Project | undefined, revision: number): Project {
  const now = new Date();
  return { id, title, labels, settings, examples: examples.length, unlabelled: unlabelled.length, made: before?.made ?? now, changed: now, revision };
}

function whole({ title, labels, settings }: Project, contents: Contents | undefined): Material {
  return { title, labels, settings, examples: contents?.examples ?? [], unlabelled: contents?.unlabelled ?? [] };
}

function lastFirst(a: Project, b: Project): number {
  return b.changed.getTime() - a.changed.getTime();
}

export const kept = new Kept();
