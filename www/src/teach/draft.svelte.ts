import type { Example } from 'graftwork';
import { database } from '../store/db';
import { withoutContradictions, withoutRepeats } from './checks';
import type { Way } from './ways';

/** An example with a key of its own, so that lists can follow it. */
export interface Kept extends Example {
  id: number;
}

/** How to train; what a beginner need not touch. */
export interface Settings {
  way: Way;
  /** Passes over the examples; undefined lets their number decide. */
  epochs: number | undefined;
  lr: number;
  reductionFactor: number;
  seed: number;
  /** Share of the examples that is asked about afterwards. */
  heldOut: number;
}

export const DEFAULTS: Settings = { way: 'auto', epochs: undefined, lr: 1e-3, reductionFactor: 16, seed: 42, heldOut: 0.2 };
export const MOST_LABELS = 50;

/** What the visitor is collecting. It is kept while he goes on, so that a reload loses nothing. */
class Draft {
  /** What it is to be called. */
  title = $state('');
  labels = $state<string[]>([]);
  examples = $state.raw<Kept[]>([]);
  settings = $state<Settings>({ ...DEFAULTS });
  #nextId = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  async open(): Promise<void> {
    try {
      const kept = await (await database()).get('draft', 'draft');
      if (kept === undefined || this.examples.length > 0) return;
      this.title = kept.title;
      this.settings = { ...DEFAULTS, ...kept.settings };
      this.labels = kept.labels;
      this.examples = kept.examples.map((example) => this.#keyed(example));
    } catch {
      // No storage: the shelf says so, once for all.
    }
  }

  /** Adds a label; false where it is there already, or is none. */
  addLabel(name: string): boolean {
    const label = name.trim();
    if (label === '' || this.labels.includes(label) || this.labels.length >= MOST_LABELS) return false;
    this.labels.push(label);
    this.#save();
    return true;
  }

  renameLabel(old: string, name: string): boolean {
    const label = name.trim();
    if (label === old) return true;
    if (label === '' || this.labels.includes(label)) return false;
    this.labels = this.labels.map((other) => (other === old ? label : other));
    this.examples = this.examples.map((example) => (example.label === old ? { ...example, label } : example));
    this.#save();
    return true;
  }

  /** Removes a label with its examples. */
  removeLabel(label: string): void {
    this.labels = this.labels.filter((other) => other !== label);
    this.examples = this.examples.filter((example) => example.label !== label);
    this.#save();
  }

  /** Adds examples, and labels that are new; what comes back takes both away again. */
  add(examples: readonly Example[]): () => void {
    const fresh = [...new Set(examples.map(({ label }) => label))].filter((label) => !this.labels.includes(label));
    this.labels.push(...fresh);
    const first = this.#nextId;
    this.examples = [...examples.map((example) => this.#keyed(example)), ...this.examples];
    const last = this.#nextId;
    this.#save();
    return () => {
      this.examples = this.examples.filter(({ id }) => id < first || id >= last);
      const used = new Set(this.examples.map(({ label }) => label));
      this.labels = this.labels.filter((label) => used.has(label) || !fresh.includes(label));
      this.#save();
    };
  }

  remove(id: number): void {
    this.examples = this.examples.filter((example) => example.id !== id);
    this.#save();
  }

  relabel(id: number, label: string): void {
    this.examples = this.examples.map((example) => (example.id === id ? { ...example, label } : example));
    this.#save();
  }

  dropRepeats(): void {
    this.examples = withoutRepeats(this.examples);
    this.#save();
  }

  dropContradictions(): void {
    this.examples = withoutContradictions(this.examples);
    this.#save();
  }

  rename(title: string): void {
    this.title = title;
    this.#save();
  }

  /** Changes settings. */
  set(some: Partial<Settings>): void {
    Object.assign(this.settings, some);
    this.#save();
  }

  clear(): void {
    this.title = '';
    this.labels = [];
    this.examples = [];
    this.settings = { ...DEFAULTS };
    this.#save();
  }

  #keyed({ text, label }: Example): Kept {
    return { id: this.#nextId++, text, label };
  }

  /** Not at every letter. */
  #save(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const examples = this.examples.map(({ text, label }) => ({ text, label }));
      const draft = { title: this.title, labels: $state.snapshot(this.labels), examples, settings: $state.snapshot(this.settings) };
      database().then((db) => db.put('draft', draft, 'draft')).catch(() => undefined);
    }, 300);
  }
}

export const draft = new Draft();
