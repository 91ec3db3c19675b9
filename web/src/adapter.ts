import { GraftworkError } from './errors.js';
import type { Link, Opened, PlainExamples, TrainEvent } from './protocol.js';
import { disposed } from './protocol.js';
import type {
  AdapterInfo, CallOptions, Classification, ClassifyOptions, EmbedOptions, Example, TrainOptions, TrainProgress,
} from './types.js';
import { vectors } from './vectors.js';

/** An adapter on its backbone. Made by `Backbone.loadAdapter` and `Backbone.createAdapter`. */
export class Adapter {
  #link: Link;
  #id: number;
  #info: AdapterInfo;
  #disposed = false;

  /** @internal */
  constructor(link: Link, { id, info }: Opened) {
    this.#link = link;
    this.#id = id;
    this.#info = info;
  }

  /** What it is. */
  get info(): AdapterInfo {
    return this.#info;
  }

  /** Its labels, in the order of the logits. */
  get labels(): readonly string[] {
    return this.#info.labels;
  }

  /**
   * Classifies texts, in input order.
   *
   * @example
   * const [answer] = await spam.classify(['WIN a free phone now!']);
   * console.log(answer.label, answer.score);
   */
  async classify(texts: readonly string[], options: ClassifyOptions = {}): Promise<Classification[]> {
    const { signal, ...plain } = options;
    return this.#link.call('classify', [this.#use(), strings(texts), plain], context(signal));
  }

  /** Vectors of texts with this adapter in the backbone; see `Backbone.embed`. */
  async embed(texts: readonly string[], options: EmbedOptions & { pooling: 'none' }): Promise<Float32Array[][]>;
  async embed(texts: readonly string[], options?: EmbedOptions): Promise<Float32Array[]>;
  async embed(texts: readonly string[], options: EmbedOptions = {}): Promise<Float32Array[] | Float32Array[][]> {
    const { signal, ...plain } = options;
    return vectors(await this.#link.call('embed', [this.#use(), strings(texts), plain], context(signal)), options);
  }

  /**
   * Trains the adapter and its head; the backbone never changes. The run begins with the first `next()`, and waits
   * while nobody asks for more. Until it is over the adapter answers as before.
   *
   * Leaving the loop ends the run, as does aborting, which also throws the signal's reason; either way the adapter
   * keeps what it has learned so far.
   *
   * @example
   * for await (const { step, totalSteps, loss } of mine.train(examples, { epochs: 3, validation: 0.2 })) {
   *   console.log(`${step}/${totalSteps}: ${loss}`);
   * }
   */
  async *train(
    examples: Iterable<Example>,
    options: TrainOptions = {},
  ): AsyncGenerator<TrainProgress, void, undefined> {
    const { signal, validation, ...plain } = options;
    const own = typeof validation === 'object' ? split(validation) : { texts: [], labels: [] };
    const data: PlainExamples = { ...split(examples), devTexts: own.texts, devLabels: own.labels };
    const share = typeof validation === 'number' ? { validation } : {};
    signal?.throwIfAborted();

    const stop = new AbortController();
    const abort = () => stop.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    const steps = new Steps();
    const emit = (events: TrainEvent[]) => steps.put(events);
    const run = this.#link.call('train', [this.#use(), data, { ...plain, ...share }], { signal: stop.signal, emit });
    const ended = run.then((info) => void (this.#info = info)).finally(() => steps.close());
    ended.catch(() => undefined);
    try {
      let last: TrainProgress | undefined;
      for await (const event of steps) {
        last = { ...last, ...event } as TrainProgress;
        yield last;
        delete last.validation;
      }
      await ended;
    } finally {
      signal?.removeEventListener('abort', abort);
      stop.abort();
      steps.close();
      await ended.catch(() => undefined);
    }
  }

  /** The adapter in one safetensors file, which every graftwork reads. */
  async export(): Promise<Blob> {
    const bytes = await this.#link.call('export', [this.#use()]);
    return new Blob([bytes as BlobPart], { type: 'application/octet-stream' });
  }

  /** Frees its memory. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    // The backbone may be gone already, and the memory with it.
    this.#link.call('disposeAdapter', [this.#id]).catch(() => undefined);
  }

  #use(): number {
    if (this.#disposed) throw disposed('adapter');
    return this.#id;
  }
}

/** Events between the engine and the loop over them. */
class Steps {
  #waiting: TrainEvent[] = [];
  #closed = false;
  #wake: () => void = () => {};
  #more: () => void = () => {};

  /** Resolves when the loop has taken everything before: the engine is ahead by one report at most. */
  async put(events: TrainEvent[]): Promise<void> {
    const first = this.#waiting.length === 0;
    this.#waiting.push(...events);
    this.#wake();
    if (!first && !this.#closed) await new Promise<void>((resolve) => (this.#more = resolve));
  }

  close(): void {
    this.#closed = true;
    this.#wake();
    this.#more();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrainEvent, void, undefined> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        yield next;
        continue;
      }
      this.#more();
      if (this.#closed) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** Refuses what is no list of texts, before it is sent anywhere. */
export function strings(texts: readonly string[]): string[] {
  if (!Array.isArray(texts) || texts.some((text) => typeof text !== 'string')) {
    throw new GraftworkError('bad-option', 'texts must be an array of strings');
  }
  return [...texts];
}

/** A context with a signal, or none. */
export function context(signal: CallOptions['signal']): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function split(examples: Iterable<Example>): { texts: string[]; labels: string[] } {
  const all = [...examples];
  const wrong = all.findIndex((example) => typeof example?.text !== 'string' || typeof example.label !== 'string');
  if (wrong >= 0) throw new GraftworkError('bad-examples', `example ${wrong} is not { text, label } of strings`);
  return { texts: all.map((example) => example.text), labels: all.map((example) => example.label) };
}
