import type { Backbone, Classification } from 'graftwork';
import { draft } from '../teach/draft.svelte';
import { Guesser } from './guesser';
import { alike, doubtful, middles, mostDifferent, spread } from './order';
import { vectors } from './vectors.svelte';

/** So many examples that are there already teach the suggestions; more would only take time. */
const TAUGHT = 300;
/** Before there are so many examples, it asks about texts that differ most rather than about doubtful ones. */
const SEED = 6;
/** Texts between two labels that the instant learner is asked about, and how many of them are laid ready. */
const ASKED = 8;
const READY = 4;

/** What one press of a key has done, so that it can be taken back. */
type Step = { texts: string[]; label: string; takeBack: () => void } | { skipped: string };

const vectorOf = (text: string) => vectors.of(text);

/** Texts without a label get one, one at a time. What was labelled is an example of the project at once. */
class Labelling {
  /** Whether the screen is open. */
  open = $state(false);
  current = $state.raw<string>();
  guess = $state.raw<Classification>();
  steps = $state.raw<Step[]>([]);
  skipped = $state.raw<ReadonlySet<string>>(new Set());
  #queue: string[] = [];
  #guesser: Guesser | undefined;
  #backbone: Backbone | undefined;

  readonly labelled = $derived(this.steps.reduce((sum, step) => sum + ('label' in step ? step.texts.length : 0), 0));
  readonly left = $derived(draft.unlabelled.filter((text) => !this.skipped.has(text)));

  begin(): void {
    this.open = true;
    this.steps = [];
    this.skipped = new Set();
    this.#queue = [];
    this.#next();
  }

  /** Suggests labels and chooses the order from here on; until then texts come from all over the list. */
  use(backbone: Backbone): void {
    if (this.#backbone !== backbone) this.#forget();
    this.#backbone = backbone;
    if (this.#guesser === undefined) {
      this.#guesser = new Guesser(backbone);
      const known = draft.examples.slice(0, TAUGHT).map(({ text, label }) => ({ text, label }));
      if (known.length > 0) void this.#guesser.add(known).then(() => this.#learned(), () => undefined);
    }
    const examples = draft.examples.slice(0, TAUGHT).map(({ text }) => text);
    const guesser = this.#guesser;
    void vectors.compute(backbone, [...new Set([...examples, ...spread(draft.unlabelled)])], () => guesser.idle());
  }

  close(): void {
    this.open = false;
    vectors.stop();
    this.#forget();
  }

  /** Gives the text that is shown, or several, a label. */
  label(label: string, texts: string[] = this.current === undefined ? [] : [this.current]): void {
    if (texts.length === 0) return;
    const examples = texts.map((text) => ({ text, label }));
    this.steps = [...this.steps, { texts, label, takeBack: draft.add(examples) }];
    this.#next();
    void this.#guesser?.add(examples).then(() => this.#learned(), () => undefined);
  }

  skip(): void {
    if (this.current === undefined) return;
    this.steps = [...this.steps, { skipped: this.current }];
    this.skipped = new Set([...this.skipped, this.current]);
    this.#next();
  }

  /** Takes the last step back, and shows its text again. */
  undo(): Step | undefined {
    const step = this.steps.at(-1);
    if (step === undefined) return undefined;
    this.steps = this.steps.slice(0, -1);
    if ('skipped' in step) {
      this.#unskip(step.skipped);
      this.#show(step.skipped);
    } else {
      step.takeBack();
      this.#show(step.texts[0]);
      void this.#guesser?.remove(step.texts.map((text) => ({ text, label: step.label }))).then(() => this.#learned(), () => undefined);
    }
    return step;
  }

  /** Those that were skipped come again. */
  again(): void {
    this.skipped = new Set();
    this.#next();
  }

  /** Others like the one that is shown. */
  alike(least: number, most: number): string[] {
    return this.current === undefined ? [] : alike(this.current, draft.unlabelled, vectorOf, least, most);
  }

  /** The labels that it would give to texts, where it knows any. */
  async guesses(texts: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const answers = await this.#guesser?.ask(texts).catch(() => []) ?? [];
    return new Map(answers.map(({ label }, i) => [texts[i] ?? '', label]));
  }

  #unskip(text: string): void {
    this.skipped = new Set([...this.skipped].filter((other) => other !== text));
  }

  #next(): void {
    const { left } = this;
    const there = new Set(left);
    this.#queue = this.#queue.filter((text) => there.has(text));
    // Where nothing is known yet: from all over the list, which may be in the order of its dates, say.
    this.#show(this.#queue.shift() ?? mostDifferent(left, this.#seen(), vectorOf) ?? left[Math.floor(Math.random() * left.length)]);
  }

  #seen(): string[] {
    return [...draft.examples.slice(0, TAUGHT).map(({ text }) => text), ...this.skipped];
  }

  #show(text: string | undefined): void {
    this.current = text;
    this.guess = undefined;
    void this.#suggest();
  }

  async #suggest(): Promise<void> {
    const text = this.current;
    const known = new Set(draft.examples.map(({ label }) => label));
    // With labels that it has not seen yet it could only be wrong about their texts.
    if (text === undefined || this.#guesser === undefined || draft.labels.some((label) => !known.has(label))) return;
    const [guess] = await this.#guesser.ask([text]).catch(() => []);
    if (this.current === text && guess !== undefined) this.guess = guess;
  }

  /** It knows something new: so do the suggestion, and the order of what comes next. */
  async #learned(): Promise<void> {
    const guesser = this.#guesser;
    // Who labels quickly has given another label by now, after which this comes again.
    if (guesser === undefined || guesser.behind > 0) return;
    await this.#suggest();
    if (guesser.behind > 0 || this.#queue.length >= READY || draft.examples.length < SEED) return;
    const { left, current } = this;
    const between = doubtful(left.filter((text) => text !== current), middles(draft.examples.slice(0, TAUGHT), vectorOf), vectorOf, ASKED);
    const answers = await guesser.ask(between).catch(() => []);
    if (answers.length < between.length) return;
    const sure = new Map(between.map((text, i) => [text, answers[i]?.score ?? 1]));
    this.#queue = between.sort((a, b) => (sure.get(a) ?? 1) - (sure.get(b) ?? 1)).slice(0, READY);
  }

  #forget(): void {
    this.#guesser?.dispose();
    this.#guesser = undefined;
    this.#backbone = undefined;
  }
}

export const labelling = new Labelling();
