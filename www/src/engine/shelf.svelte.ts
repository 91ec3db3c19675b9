import type { Adapter, Backbone, Task } from 'graftwork';
import { chosen } from '../language/chosen.svelte';
import { kept } from '../project/kept.svelte';
import { nameOf } from '../project/name';
import type { OwnAdapter } from '../store/db';
import { database } from '../store/db';
import { persist } from '../store/persist';
import type { Explained } from './explain';
import { explain } from './explain';
import type { Shipped } from './shipped';
import { shipped } from './shipped';

/** An adapter in the visitor's reach. */
export interface Entry {
  id: string;
  title: string;
  shipped?: Shipped;
  own?: OwnAdapter;
}

/** What it is for. What visitors made before there were several tasks is for the first. */
export function taskOf({ shipped, own }: Pick<Entry, 'shipped' | 'own'>): Task {
  return shipped?.task ?? own?.task ?? 'text-classification';
}

/** So many versions of a project are kept. */
export const MOST_VERSIONS = 20;

/** All adapters: those of the page and the visitor's own. */
class Shelf {
  own = $state.raw<OwnAdapter[]>([]);
  /** Why an adapter cannot be used, by id. */
  problems = $state<Record<string, Explained>>({});
  /** Why nothing of the visitor's is kept. */
  unkept = $state.raw<Explained>();
  /** A version that is not in use, but looked at. */
  looked = $state('');
  #attached = new Map<string, Promise<Adapter>>();

  get entries(): Entry[] {
    const own = this.own.map((adapter) => ({ id: adapter.id, title: this.#title(adapter), own: adapter }));
    return [...shipped.map((card) => ({ id: card.id, title: card.title, shipped: card })), ...own];
  }

  /** Those for some tasks that the chosen backbone answers with; of a project the version in use. */
  of(...tasks: Task[]): Entry[] {
    return this.#inUse(tasks).filter((entry) => this.fits(entry));
  }

  /** The visitor's own for some tasks that another backbone answers with. */
  elsewhere(...tasks: Task[]): Entry[] {
    return this.#inUse(tasks).filter((entry) => entry.own && !this.fits(entry));
  }

  /** Whether the chosen backbone answers with it. */
  fits({ shipped, own }: Pick<Entry, 'shipped' | 'own'>): boolean {
    return shipped ? chosen.hasShipped : chosen.isOf(own?.backbone);
  }

  /** The versions of a project, the newest first. */
  versions(project: string): OwnAdapter[] {
    return this.own.filter((own) => own.project === project).sort((a, b) => (b.version ?? 0) - (a.version ?? 0));
  }

  /** Lets a version answer in the name of its project. */
  async use({ id, project }: OwnAdapter): Promise<void> {
    if (project === undefined) return;
    const changed = this.versions(project).filter((own) => (own.superseded === true) === (own.id === id)).map((own) => ({ ...own, superseded: own.id !== id }));
    this.own = this.own.map((own) => changed.find((other) => other.id === own.id) ?? own);
    for (const own of changed) await this.#keep(own);
    kept.tell({ taught: project });
  }

  /** Shows what was stored by others. */
  show(own: readonly OwnAdapter[]): void {
    this.own = [...own, ...this.own];
  }

  /** Reads what is stored; never rejects. */
  async open(): Promise<void> {
    try {
      const all = await (await database()).getAll('adapters');
      this.own = all.sort((a, b) => b.made.getTime() - a.made.getTime());
    } catch (error) {
      const advice = 'The page works, but what you make is gone when you leave: download it before.';
      this.unkept = { ...explain(error), title: 'The browser gives this page no storage.', advice };
    }
  }

  /** Puts the shipped ones on a backbone before anybody asks, so that no request is needed later. */
  async attachShipped(backbone: Backbone): Promise<void> {
    const results = await Promise.allSettled((chosen.hasShipped ? shipped : []).map((card) => this.attach(backbone, card.id)));
    const network = results.find((result) => result.status === 'rejected' && result.reason?.code === 'network');
    if (network?.status === 'rejected') throw network.reason;
  }

  /** The adapter on the backbone, at once if it is there already. */
  attach(backbone: Backbone, id: string): Promise<Adapter> {
    let adapter = this.#attached.get(id);
    if (adapter === undefined) {
      adapter = this.#load(backbone, id);
      this.#attached.set(id, adapter);
      adapter.then(() => delete this.problems[id], (error) => {
        this.#attached.delete(id);
        this.problems[id] = explain(error);
      });
    }
    return adapter;
  }

  /** Puts a new adapter on the shelf. It works in this tab even where the browser keeps nothing. */
  async add(own: OwnAdapter, adapter: Adapter): Promise<void> {
    const before = this.#attached.get(own.id);
    this.#attached.set(own.id, Promise.resolve(adapter));
    this.own = [own, ...this.own.filter((other) => other.id !== own.id)];
    if (before !== undefined && (await before) !== adapter) (await before).dispose();
    await this.#keep(own);
    if (own.project === undefined) return;
    await this.use(own);
    for (const old of this.versions(own.project).slice(MOST_VERSIONS)) await this.remove(old.id);
  }

  async rename(id: string, title: string): Promise<void> {
    const own = this.own.find((adapter) => adapter.id === id);
    if (own === undefined || title.trim() === '') return;
    const renamed = { ...own, title: title.trim() };
    // Shown once it is kept.
    await this.#keep(renamed);
    this.own = this.own.map((adapter) => (adapter.id === id ? renamed : adapter));
  }

  async remove(id: string): Promise<void> {
    const removed = this.own.find((own) => own.id === id);
    await database().then((db) => db.delete('adapters', id)).catch(() => undefined);
    this.own = this.own.filter((adapter) => adapter.id !== id);
    const attached = this.#attached.get(id);
    this.#attached.delete(id);
    delete this.problems[id];
    attached?.then((adapter) => adapter.dispose(), () => undefined);
    if (removed?.project === undefined) return;
    const newest = this.versions(removed.project)[0];
    if (newest !== undefined && removed.superseded !== true) await this.use(newest);
    else kept.tell({ taught: removed.project });
  }

  /** Forgets what was on a backbone that is gone. */
  detach(): void {
    this.#attached.clear();
    this.problems = {};
  }

  #inUse(tasks: readonly Task[]): Entry[] {
    const inUse = ({ id, own }: Entry) => own?.superseded !== true || id === this.looked;
    return this.entries.filter((entry) => tasks.includes(taskOf(entry)) && inUse(entry));
  }

  #title({ id, title, project, version }: OwnAdapter): string {
    const found = project === undefined ? undefined : kept.find(project);
    const name = found ? nameOf(found) : title;
    return id === this.looked ? `${name} (version ${version})` : name;
  }

  async #keep(own: OwnAdapter): Promise<void> {
    try {
      await (await database()).put('adapters', own);
      persist();
    } catch (error) {
      const advice = 'Download the adapter before you leave the page, or it is lost.';
      this.unkept = { ...explain(error), advice };
    }
  }

  async #load(backbone: Backbone, id: string): Promise<Adapter> {
    const card = shipped.find((card) => card.id === id);
    if (card !== undefined) {
      return backbone.loadAdapter(new URL(card.file, document.baseURI), { integrity: card.sha256 });
    }
    const own = this.own.find((adapter) => adapter.id === id);
    if (own === undefined) throw new Error('this adapter was deleted');
    return backbone.loadAdapter(own.file);
  }
}

export const shelf = new Shelf();
