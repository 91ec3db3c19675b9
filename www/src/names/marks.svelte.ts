import type { EntitySpan, MarkedText } from 'graftwork';
import { database } from '../store/db';

export const MOST_TYPES = 8;

/** A marked text with a key of its own, so that lists can follow it. */
export interface KeptText {
  id: number;
  text: string;
  entities: EntitySpan[];
}

/** The texts that the visitor marks. They are kept while he goes on, so that a reload loses nothing. */
class Marks {
  title = $state('');
  types = $state<string[]>([]);
  texts = $state.raw<KeptText[]>([]);
  #nextId = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  async open(): Promise<void> {
    try {
      const kept = await (await database()).get('marks', 'marks');
      if (kept === undefined || this.texts.length > 0) return;
      this.title = kept.title;
      this.types = kept.types;
      this.texts = kept.texts.map(({ text, entities }) => this.#keyed(text, [...entities]));
    } catch {
      // No storage: the shelf says so, once for all.
    }
  }

  /** How many entities of each type there are. */
  get counts(): Record<string, number> {
    const counts: Record<string, number> = Object.fromEntries(this.types.map((type) => [type, 0]));
    for (const { entities } of this.texts) for (const { type } of entities) counts[type] = (counts[type] ?? 0) + 1;
    return counts;
  }

  /** Adds texts, without marks. */
  add(texts: readonly string[]): void {
    this.texts = [...texts.map((text) => this.#keyed(text, [])), ...this.texts];
    this.#save();
  }

  remove(id: number): void {
    this.texts = this.texts.filter((text) => text.id !== id);
    this.#save();
  }

  /** Marks a span, in place of what was marked there. */
  mark(id: number, span: EntitySpan): void {
    if (!this.types.includes(span.type)) this.types.push(span.type);
    const change = (entities: EntitySpan[]) =>
      [...entities.filter(({ start, end }) => end <= span.start || span.end <= start), span].sort((a, b) => a.start - b.start);
    this.texts = this.texts.map((text) => (text.id === id ? { ...text, entities: change(text.entities) } : text));
    this.#save();
  }

  /** Takes a mark away. */
  unmark(id: number, start: number): void {
    const without = (entities: EntitySpan[]) => entities.filter((entity) => entity.start !== start);
    this.texts = this.texts.map((text) => (text.id === id ? { ...text, entities: without(text.entities) } : text));
    this.#save();
  }

  rename(title: string): void {
    this.title = title;
    this.#save();
  }

  clear(): void {
    this.title = '';
    this.types = [];
    this.texts = [];
    this.#save();
  }

  /** As the engine learns them. */
  get examples(): MarkedText[] {
    return this.texts.map(({ text, entities }) => ({ text, entities }));
  }

  #keyed(text: string, entities: EntitySpan[]): KeptText {
    return { id: this.#nextId++, text, entities };
  }

  /** Not at every click. */
  #save(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const kept = { title: this.title, types: $state.snapshot(this.types), texts: this.examples };
      database().then((db) => db.put('marks', kept, 'marks')).catch(() => undefined);
    }, 300);
  }
}

export const marks = new Marks();
