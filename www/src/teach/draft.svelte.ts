import type { Example } from 'graftwork';
import { History } from '../project/history.svelte';
import { Saver } from '../project/saver.svelte';
import type { Material } from '../store/db';
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
  /** The skill that it begins with, by its id; empty where it begins with nothing. */
  from: string;
}

export const DEFAULTS: Settings = { way: 'auto', epochs: undefined, lr: 1e-3, reductionFactor: 16, seed: 42, heldOut: 0.2, from: '' };
export const MOST_LABELS = 50;
/** More of them would take weeks to label. */
export const MOST_UNLABELLED = 10_000;

/** Everything that a step changes; never changed itself, only replaced. */
type State = Omit<Material, 'examples'> & { examples: Kept[] };

/** What the visitor is collecting: the project that is open. It is kept while he goes on, so that a reload loses nothing. */
export class Draft {
  /** Which project it is; one that is new is stored once there is something in it. */
  id = $state('');
  /** What it is to be called. */
  title = $state('');
  labels = $state.raw<string[]>([]);
  examples = $state.raw<Kept[]>([]);
  /** Texts that are to get a label later, each once. */
  unlabelled = $state.raw<string[]>([]);
  settings = $state.raw<Settings>(DEFAULTS);
  history = $state.raw(new History<State>());
  readonly saver = new Saver(() => ({ id: this.id, material: this.#state() }), (material) => this.#takeOver(material));
  #nextId = 1;
  /** A step is being done: what it calls is part of it. */
  #within = false;

  /** Opens a project, with the steps of it that can still be taken back. */
  open(id: string, material: Material, history = new History<State>()): void {
    this.id = id;
    this.#set(this.#keyedAll(material));
    this.history = history;
  }

  /** The project as it stands, with its own examples in the place of what was typed so far. */
  get material(): Material {
    return this.#state();
  }

  /** Does several things as one step that can be taken back; `joined` to the step before, where that was of the same kind. */
  step(words: string, work: () => void, joined = false): void {
    if (this.#within) return work();
    const before = this.#state();
    this.#within = true;
    try {
      work();
    } finally {
      this.#within = false;
    }
    const after = this.#state();
    if ((Object.keys(before) as (keyof State)[]).every((key) => before[key] === after[key])) return;
    this.history.push(words, before, joined);
    this.saver.changed();
  }

  /** Takes the last step back; says what that was. */
  undo(): string | undefined {
    return this.#go(this.history.back(this.#state()));
  }

  redo(): string | undefined {
    return this.#go(this.history.forward(this.#state()));
  }

  /** Adds a label; false where it is there already, or is none. */
  addLabel(name: string): boolean {
    const label = name.trim();
    if (label === '' || this.labels.includes(label) || this.labels.length >= MOST_LABELS) return false;
    this.step(`adding the label “${label}”`, () => (this.labels = [...this.labels, label]));
    return true;
  }

  renameLabel(old: string, name: string): boolean {
    const label = name.trim();
    if (label === old) return true;
    if (label === '' || this.labels.includes(label)) return false;
    this.step(`renaming “${old}”`, () => {
      this.labels = this.labels.map((other) => (other === old ? label : other));
      this.examples = this.examples.map((example) => (example.label === old ? { ...example, label } : example));
    });
    return true;
  }

  /** Removes a label with its examples. */
  removeLabel(label: string): void {
    this.step(`removing the label “${label}”`, () => {
      this.labels = this.labels.filter((other) => other !== label);
      this.examples = this.examples.filter((example) => example.label !== label);
    });
  }

  /** Adds examples, and labels that are new; they are no longer without a label. What comes back takes it all back. */
  add(examples: readonly Example[]): () => void {
    const fresh = [...new Set(examples.map(({ label }) => label))].filter((label) => !this.labels.includes(label));
    const first = this.#nextId;
    const added = examples.map((example) => this.#keyed(example));
    const last = this.#nextId;
    const texts = new Set(examples.map(({ text }) => text));
    const waiting = this.unlabelled.filter((text) => texts.has(text));
    const words = `adding ${counted(examples.length, 'example')}`;
    return this.#revocable(words, () => {
      this.labels = [...this.labels, ...fresh];
      this.examples = [...added, ...this.examples];
      this.unlabelled = this.unlabelled.filter((text) => !texts.has(text));
    }, () => {
      this.examples = this.examples.filter(({ id }) => id < first || id >= last);
      const used = new Set(this.examples.map(({ label }) => label));
      this.labels = this.labels.filter((label) => used.has(label) || !fresh.includes(label));
      this.unlabelled = [...waiting, ...this.unlabelled];
    });
  }

  /** Keeps texts to be labelled later, but for those that are there already; what comes back takes them away again. */
  addUnlabelled(texts: readonly string[]): () => void {
    const known = new Set([...this.unlabelled, ...this.examples.map(({ text }) => text)]);
    const room = Math.max(0, MOST_UNLABELLED - this.unlabelled.length);
    const fresh = [...new Set(texts.map((text) => text.trim()))].filter((text) => text !== '' && !known.has(text)).slice(0, room);
    const added = new Set(fresh);
    return this.#revocable(`adding ${counted(fresh.length, 'text')} without a label`, () => {
      if (fresh.length > 0) this.unlabelled = [...this.unlabelled, ...fresh];
    }, () => (this.unlabelled = this.unlabelled.filter((text) => !added.has(text))));
  }

  dropUnlabelled(text: string): void {
    if (!this.unlabelled.includes(text)) return;
    this.step('removing a text', () => (this.unlabelled = this.unlabelled.filter((other) => other !== text)));
  }

  remove(id: number): void {
    this.step('removing an example', () => (this.examples = this.examples.filter((example) => example.id !== id)));
  }

  relabel(id: number, label: string): void {
    this.step(`the label “${label}” of an example`, () => {
      this.examples = this.examples.map((example) => (example.id === id ? { ...example, label } : example));
    });
  }

  dropRepeats(): void {
    this.step('removing repeats', () => (this.examples = withoutRepeats(this.examples)));
  }

  dropContradictions(): void {
    this.step('removing texts under two labels', () => (this.examples = withoutContradictions(this.examples)));
  }

  rename(title: string): void {
    this.step('changing the name', () => (this.title = title), true);
  }

  /** Changes settings. */
  set(some: Partial<Settings>): void {
    this.step('changing a setting', () => (this.settings = { ...this.settings, ...some }));
  }

  /** Removes labels and texts; name and settings stay. */
  clear(): void {
    this.step('clearing all', () => Object.assign(this, { labels: [], examples: [], unlabelled: [] }));
  }

  /** A step, and what takes it back: by the way of all steps where it is the last, else by removing what it brought. */
  #revocable(words: string, work: () => void, revoke: () => void): () => void {
    this.step(words, work);
    const step = this.history.past.at(-1);
    return () => {
      if (step !== undefined && this.history.past.at(-1) === step) this.undo();
      else this.step(`taking back ${words}`, revoke);
    };
  }

  #go(step: { words: string; before: State } | undefined): string | undefined {
    if (step === undefined) return undefined;
    this.#set(step.before);
    this.saver.changed();
    return step.words;
  }

  /** Another tab changed it: what could be taken back here would take that along. */
  #takeOver(material: Material): void {
    this.#set(this.#keyedAll(material));
    this.history = new History();
  }

  #state(): State {
    const { title, labels, examples, unlabelled, settings } = this;
    return { title, labels, examples, unlabelled, settings };
  }

  #set(state: State): void {
    Object.assign(this, state);
  }

  #keyedAll({ title, labels, examples, unlabelled, settings }: Material): State {
    return { title, labels, unlabelled, settings: { ...DEFAULTS, ...settings }, examples: examples.map((example) => this.#keyed(example)) };
  }

  #keyed({ text, label }: Example): Kept {
    return { id: this.#nextId++, text, label };
  }
}

function counted(number: number, what: string): string {
  return `${number.toLocaleString('en-US')} ${what}${number === 1 ? '' : 's'}`;
}

export const draft = new Draft();
