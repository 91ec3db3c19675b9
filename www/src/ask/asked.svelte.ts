import type { Answering } from 'graftwork';
import type { Explained } from '../engine/explain';
import { explain, isAbort } from '../engine/explain';
import { model } from '../engine/model.svelte';
import { shelf } from '../engine/shelf.svelte';
import { typed } from '../store/typed.svelte';

const PAUSE = 400;
/** The answer and the next best ones, many of which are nearly the same. */
const ANSWERS = 8;

/** A question, with a number that it keeps. */
export interface Question {
  number: number;
  question: string;
}

/** What was found, and in which text by which adapter. */
export interface Found extends Answering {
  text: string;
  by: string;
  /** Which of the answers is shown in the text; none where the text does not say. */
  shown?: number | undefined;
}

/** A text, and what is asked about it. All of it outlasts a look at another view. */
class Asked {
  questions = $state.raw<Question[]>([]);
  /** By the question's number. The last answer stays in sight until the new one is there. */
  found = $state.raw<Record<number, Found>>({});
  /** The adapter that is chosen, if it is on the shelf. */
  by = $state('');
  /** The question that is being answered. */
  busy = $state<number>();
  failure = $state.raw<Explained>();
  #next = 1;
  #asked: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  get text(): string {
    return typed.get('ask');
  }

  set text(text: string) {
    typed.set('ask', text);
  }

  /** Adds a question; one that is there already is not asked twice. */
  add(question: string): void {
    const wanted = question.trim();
    if (wanted === '' || this.questions.some((other) => other.question === wanted)) return;
    this.questions = [...this.questions, { number: this.#next++, question: wanted }];
  }

  remove(number: number): void {
    this.questions = this.questions.filter((question) => question.number !== number);
  }

  /** Another text with questions of its own. */
  begin(text: string, questions: readonly string[]): void {
    this.text = text;
    this.questions = [];
    this.#next = 1;
    this.found = {};
    questions.forEach((question) => this.add(question));
  }

  /** Shows another of a question's answers in the text. */
  show(number: number, answer: number): void {
    const found = this.found[number];
    if (found !== undefined) this.found = { ...this.found, [number]: { ...found, shown: answer } };
  }

  /** Whether an answer is about the text as it stands. */
  isFresh(found: Found | undefined, text: string, by: string): boolean {
    return found?.text === text && found.by === by;
  }

  /** Asks what has no answer yet, after a short pause. What is asked now makes older asking void. */
  ask(text: string, questions: readonly Question[], by: string): void {
    clearTimeout(this.#timer);
    this.#asked?.abort();
    this.busy = undefined;
    const asked = new AbortController();
    this.#asked = asked;
    const known = new Set(questions.map(({ number }) => number));
    const kept = Object.entries(this.found).filter(([number]) => text !== '' && known.has(Number(number)));
    if (kept.length < Object.keys(this.found).length) this.found = Object.fromEntries(kept);
    const open = questions.filter(({ number }) => !this.isFresh(this.found[number], text, by));
    // While somebody types in the text there is no hurry; a new question is meant.
    const typing = open.some(({ number }) => this.found[number] !== undefined);
    if (text !== '' && open.length > 0) this.#timer = setTimeout(() => void this.#all(text, open, by, asked.signal), typing ? PAUSE : 0);
  }

  async #all(text: string, questions: readonly Question[], by: string, signal: AbortSignal): Promise<void> {
    const { backbone } = model;
    if (backbone === undefined) return;
    this.failure = undefined;
    try {
      const adapter = await shelf.attach(backbone, by);
      // One after the other, so that the first answer is there soon.
      for (const { number, question } of questions) {
        if (signal.aborted) return;
        this.busy = number;
        const [answer] = await adapter.answer([{ question, context: text }], { topK: ANSWERS, signal });
        if (signal.aborted || answer === undefined) return;
        this.found = { ...this.found, [number]: { ...answer, text, by, shown: answer.answer === null ? undefined : 0 } };
      }
    } catch (error) {
      if (!signal.aborted && !isAbort(error) && shelf.problems[by] === undefined) this.failure = explain(error);
    } finally {
      if (!signal.aborted) this.busy = undefined;
    }
  }
}

export const asked = new Asked();
