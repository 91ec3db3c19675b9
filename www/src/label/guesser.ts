import type { Backbone, Classification, Example, Probe } from 'graftwork';

const MAX_LENGTH = 128;

/** The instant learner: it learns each example as it comes, one call after the other. */
export class Guesser {
  #probe: Promise<Probe>;
  /** What it has learned, in its order. */
  #examples: Example[] = [];
  #last: Promise<unknown> = Promise.resolve();
  /** How many calls wait, or go on. */
  behind = 0;

  constructor(backbone: Backbone) {
    this.#probe = backbone.probe({ maxLength: MAX_LENGTH });
    this.#probe.catch(() => undefined);
  }

  /** Whether it has something to tell apart. */
  get ready(): boolean {
    return new Set(this.#examples.map(({ label }) => label)).size > 1;
  }

  add(examples: readonly Example[]): Promise<void> {
    return this.#then(async (probe) => {
      await probe.add(examples);
      this.#examples.push(...examples);
    });
  }

  remove(examples: readonly Example[]): Promise<void> {
    return this.#then(async (probe) => {
      for (const { text, label } of examples) {
        const place = this.#examples.findLastIndex((other) => other.text === text && other.label === label);
        if (place < 0) continue;
        await probe.remove(place);
        this.#examples.splice(place, 1);
      }
    });
  }

  /** What it thinks of texts; nothing as long as it knows fewer than two labels. */
  ask(texts: readonly string[]): Promise<Classification[]> {
    return this.#then(async (probe) => (this.ready && texts.length > 0 ? probe.classify(texts) : []));
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    while (this.behind > 0) await this.#last;
  }

  dispose(): void {
    void this.#probe.then((probe) => probe.dispose(), () => undefined);
  }

  /** After whatever was asked before, so that its examples and their places stay known. */
  #then<T>(work: (probe: Probe) => Promise<T>): Promise<T> {
    this.behind += 1;
    const next = this.#last.then(() => this.#probe).then(work).finally(() => (this.behind -= 1));
    this.#last = next.catch(() => undefined);
    return next;
  }
}
