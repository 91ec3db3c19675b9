import type { Example } from 'graftwork';
import type { Entry } from '../engine/shelf.svelte';
import { shelf } from '../engine/shelf.svelte';
import { kept } from '../project/kept.svelte';
import { nameOf } from '../project/name';
import { projects } from '../project/projects.svelte';
import type { Material, Project } from '../store/db';
import { DEFAULTS, draft } from '../teach/draft.svelte';

/** What the visitor said of an answer, and the project that learns from it. */
export interface Correction {
  project: string;
  text: string;
  /** The answer, and what is right: the same, where he agreed. */
  given: string;
  label: string;
  /** The label that the project had for it, if any; or whether it waited for one there. */
  before?: string;
  waited?: boolean;
  at: number;
}

const KEY = 'graftwork-corrections';
/** So many are remembered; their examples stay, whatever their number. */
const MOST = 1000;

/** Answers that were put right. Each is an example of a project; here it says only which ones no version has learned yet. */
class Corrections {
  all = $state.raw<readonly Correction[]>(stored());
  #last: Promise<unknown> = Promise.resolve();

  /** Makes an example of an answer; `given` is what the skill said. Resolves when it is there. */
  make(entry: Entry, labels: readonly string[], text: string, given: string, label: string): Promise<Correction> {
    return this.#next(async () => {
      const project = this.projectOf(entry)?.id ?? await found(entry, labels);
      const earlier = this.find(project, text);
      if (earlier !== undefined) await take(earlier);
      const correction = { project, text, given, label, ...await give(project, text, label), at: Date.now() };
      this.#set([...this.all.filter((other) => other !== earlier), correction]);
      return correction;
    });
  }

  undo(correction: Correction): Promise<void> {
    return this.#next(async () => {
      await take(correction);
      this.#set(this.all.filter((other) => other !== correction));
    });
  }

  /** The project that learns from corrections of a skill: its own, else one that began with it, if there is one yet. */
  projectOf({ id, own }: Entry): Project | undefined {
    const mine = own?.project === undefined ? undefined : kept.find(own.project);
    return mine ?? kept.all.find(({ settings }) => settings.from === id);
  }

  find(project: string | undefined, text: string): Correction | undefined {
    return this.all.find((correction) => correction.project === project && correction.text === text);
  }

  /** Those that the newest version of a project does not know. */
  fresh(project: string): Correction[] {
    const taught = shelf.versions(project)[0]?.made.getTime() ?? 0;
    return this.all.filter((correction) => correction.project === project && correction.at > taught && correction.before !== correction.label);
  }

  /** Nothing is stored any more. */
  clear(): void {
    this.#set([]);
  }

  #set(all: readonly Correction[]): void {
    this.all = all.slice(-MOST);
    try {
      localStorage.setItem(KEY, JSON.stringify(this.all));
    } catch {
      // The examples are kept all the same; only their number is forgotten.
    }
  }

  /** One after the other: each looks at what there is. */
  #next<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => undefined);
    return next;
  }
}

function stored(): Correction[] {
  try {
    const all: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(all) ? all : [];
  } catch {
    return [];
  }
}

/** A new project of the same labels, which begins with what the skill knows. */
async function found(entry: Entry, labels: readonly string[]): Promise<string> {
  const id = crypto.randomUUID();
  const title = projects.freeName(`${entry.title}, mine`.slice(0, 60));
  const nothing = { title, labels: [...labels], examples: [], unlabelled: [], settings: { ...DEFAULTS, from: entry.id } };
  await kept.save(id, nothing, nothing, 0);
  return id;
}

/** What a project knew of a text before it was put right. */
type Before = Pick<Correction, 'before' | 'waited'>;

/** Makes an example of it, or gives the one that is there another label. */
async function give(project: string, text: string, label: string): Promise<Before> {
  let known: Before = {};
  if (project === draft.id) {
    const example = draft.examples.find((other) => other.text === text);
    known = before(example, draft.unlabelled.includes(text));
    if (example === undefined) draft.add([{ text, label }]);
    else if (example.label !== label) draft.relabel(example.id, label);
    return known;
  }
  await change(project, (material) => {
    known = before(material.examples.find((other) => other.text === text), material.unlabelled.includes(text));
    const examples = known.before === undefined
      ? [{ text, label }, ...material.examples]
      : material.examples.map((other) => (other.text === text ? { text, label } : other));
    return { ...material, examples, labels: [...new Set([...material.labels, label])], unlabelled: material.unlabelled.filter((other) => other !== text) };
  });
  return known;
}

function before(example: Example | undefined, waited: boolean): Before {
  return { ...(example && { before: example.label }), ...(waited && { waited }) };
}

/** The project as it was before. */
async function take({ project, text, label, before, waited }: Correction): Promise<void> {
  const same = (example: Example) => example.text === text && example.label === label;
  if (project === draft.id) {
    const example = draft.examples.find(same);
    if (example === undefined) return;
    draft.step('taking back a correction', () => {
      if (before !== undefined) return draft.relabel(example.id, before);
      draft.remove(example.id);
      if (waited) draft.addUnlabelled([text]);
    });
    return;
  }
  await change(project, (material) => {
    const { examples, unlabelled } = material;
    if (before !== undefined) return { ...material, examples: examples.map((other) => (same(other) ? { text, label: before } : other)) };
    return { ...material, examples: examples.filter((other) => !same(other)), unlabelled: waited ? [text, ...unlabelled] : unlabelled };
  });
}

async function change(project: string, work: (material: Material) => Material): Promise<void> {
  const loaded = await kept.load(project);
  if (loaded === undefined) throw new Error('The project was deleted in another tab.');
  await kept.save(project, work(loaded.material), loaded.material, loaded.project.revision);
}

/** What to call the project of a correction. */
export function projectName(id: string): string {
  const project = kept.find(id);
  return project === undefined ? 'a project' : nameOf(project);
}

export const corrections = new Corrections();
