import { ask } from './ask.js';
import { GraftworkError } from './errors.js';
import type { Calls, Link, Opened, PlainExamples, PlainRun } from './protocol.js';
import { disposed } from './protocol.js';
import { Steps, visible } from './steps.js';
import type {
  AdapterInfo, Classification, ClassifyOptions, EmbedOptions, Example, RunOptions, TrainOptions,
  TrainProgress, WhenHidden,
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
    return ask(this.#link, 'classify', [this.#use(), strings(texts), plain], signal);
  }

  /** Vectors of texts with this adapter in the backbone; see `Backbone.embed`. */
  async embed(texts: readonly string[], options: EmbedOptions & { pooling: 'none' }): Promise<Float32Array[][]>;
  async embed(texts: readonly string[], options?: EmbedOptions): Promise<Float32Array[]>;
  async embed(texts: readonly string[], options: EmbedOptions = {}): Promise<Float32Array[] | Float32Array[][]> {
    const { signal, ...plain } = options;
    return vectors(await ask(this.#link, 'embed', [this.#use(), strings(texts), plain], signal), options);
  }

  /**
   * Trains the adapter and its head; the backbone never changes. The run begins with the first `next()`, and waits
   * while nobody asks for more. Until it is over the adapter answers as before.
   *
   * Leaving the loop ends the run, as does aborting, which also throws the signal's reason; either way the adapter
   * keeps what it has learned so far. With `saveAs` the run can then be taken up again by `Backbone.resume`.
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
    const { validation, ...others } = options;
    const own = typeof validation === 'object' ? split(validation) : { texts: [], labels: [] };
    const data: PlainExamples = { ...split(examples), devTexts: own.texts, devLabels: own.labels };
    yield* this._run(data, { ...others, ...(typeof validation === 'number' && { validation }) });
  }

  /** @internal Trains on examples, by options that the engine may know more of. */
  async *_run(examples: PlainExamples, options: RunOptions): AsyncGenerator<TrainProgress, void, undefined> {
    const { signal, saveAs, saveEvery = 5, whenHidden, ...plain } = options;
    if (saveAs !== undefined && (typeof saveAs !== 'string' || saveAs === '')) throw bad('saveAs must be a name');
    if (!(Number.isFinite(saveEvery) && saveEvery >= 0)) throw bad('saveEvery must be a number of seconds');
    yield* this._follow({ examples, options: plain, saveAs, saveEvery }, signal, whenHidden);
  }

  /** @internal Trains with a run, or goes on with the one that the adapter was saved with. */
  async *_follow(
    run: PlainRun | undefined,
    signal: AbortSignal | undefined,
    whenHidden: WhenHidden = 'continue',
  ): AsyncGenerator<TrainProgress, void, undefined> {
    if (!['continue', 'pause'].includes(whenHidden)) throw bad(`unknown whenHidden \`${whenHidden}\``);
    signal?.throwIfAborted();

    const stop = new AbortController();
    const abort = () => stop.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    const steps = new Steps();
    const emit = async (events: TrainProgress[]) => {
      await steps.put(events);
      if (whenHidden === 'pause') await visible(stop.signal);
    };
    // A run leaves the adapter with what it learned: whoever aborts waits for that.
    const call = this.#link.call('train', [this.#use(), run], { signal: stop.signal, emit });
    const ended = call.then((info) => void (this.#info = info)).finally(() => steps.close());
    ended.catch(() => undefined);
    try {
      yield* steps;
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
    this.#link.call('dispose', [this.#id]).catch(() => undefined);
  }

  #use(): number {
    if (this.#disposed) throw disposed('adapter');
    return this.#id;
  }
}

/** An adapter of the engine's; one that comes after an abort is nobody's, and disposed of. */
export async function open<M extends 'attach' | 'create' | 'resume' | 'adapter'>(
  link: Link,
  method: M,
  args: Calls[M]['args'],
  signal: AbortSignal | undefined,
): Promise<Adapter> {
  const adapter = (opened: Opened) => new Adapter(link, opened);
  return adapter(await ask(link, method, args, signal, { late: (opened) => adapter(opened).dispose() }));
}

/** Refuses what is no list of texts, before it is sent anywhere. */
export function strings(texts: readonly string[]): string[] {
  if (!Array.isArray(texts) || texts.some((text) => typeof text !== 'string')) {
    throw bad('texts must be an array of strings');
  }
  return [...texts];
}

function bad(message: string): GraftworkError {
  return new GraftworkError('bad-option', message);
}

/** Texts and labels; refuses what is no list of examples, before it is sent anywhere. */
export function split(examples: Iterable<Example>): { texts: string[]; labels: string[] } {
  const all = [...examples];
  const wrong = all.findIndex((example) => typeof example?.text !== 'string' || typeof example.label !== 'string');
  if (wrong >= 0) throw new GraftworkError('bad-examples', `example ${wrong} is not { text, label } of strings`);
  return { texts: all.map((example) => example.text), labels: all.map((example) => example.label) };
}
