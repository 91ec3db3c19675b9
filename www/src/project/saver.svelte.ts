import type { Material } from '../store/db';
import { kept } from './kept.svelte';
import { merge } from './merge';

/** Keeps the open project as it changes, and takes over what another tab made of it. */
export class Saver {
  #current: () => { id: string; material: Material };
  #takeOver: (material: Material) => void;
  /** What is stored, as far as is known here, and its number; 0 is not stored yet. */
  #base: Material | undefined;
  #revision = 0;
  #changed = false;
  #saving = Promise.resolve();

  constructor(current: () => { id: string; material: Material }, takeOver: (material: Material) => void) {
    this.#current = current;
    this.#takeOver = takeOver;
  }

  get revision(): number {
    return this.#revision;
  }

  /** From now on it is this one, as it stands. */
  begin(revision: number): void {
    this.#changed = false;
    this.#base = this.#current().material;
    this.#revision = revision;
  }

  /** It changed. That is saved at once, also letters of a name: the next thing may be a reload. */
  changed(): void {
    this.#changed = true;
    void this.flush();
  }

  /** Saves what changed; never rejects. */
  flush(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#save());
    return this.#saving;
  }

  /** Another tab saved this project. */
  async refresh(): Promise<void> {
    if (this.#changed) return this.flush();
    await this.#saving;
    const { id } = this.#current();
    const loaded = await kept.load(id).catch(() => undefined);
    // What changes in the meantime is saved, which makes one of both.
    if (loaded === undefined || this.#changed || this.#current().id !== id || loaded.project.revision === this.#revision) return;
    this.#takeOver(loaded.material);
    this.begin(loaded.project.revision);
  }

  async #save(): Promise<void> {
    if (!this.#changed) return;
    const { id, material } = this.#current();
    if (this.#revision === 0 && isBlank(material)) return;
    this.#changed = false;
    try {
      const saved = await kept.save(id, material, this.#base ?? material, this.#revision);
      // Another one was opened in the meantime.
      if (this.#current().id !== id) return;
      this.#revision = saved.project.revision;
      this.#base = saved.material;
      if (saved.material === material) return;
      this.#takeOver(merge(material, this.#current().material, saved.material));
      if (!this.#changed) this.#base = this.#current().material;
    } catch {
      // The list of projects says why; it is tried again with the next change.
      if (this.#current().id === id) this.#changed = true;
    }
  }
}

/** Whether there is nothing in it that anybody could miss. */
export function isBlank({ title, labels, examples, unlabelled }: Material): boolean {
  return title.trim() === '' && labels.length + examples.length + unlabelled.length === 0;
}
