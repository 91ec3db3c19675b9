import { ask } from './ask.js';
import { GraftworkError } from './errors.js';
import { bad, list, plain, strings } from './examples.js';
import type { Calls, Link, Opened, PlainExamples, PlainRun } from './protocol.js';
import { disposed } from './protocol.js';
import { similarity } from './similarity.js';
import { Steps, visible } from './steps.js';
import type { Inputs } from './stream.js';
import { answers } from './stream.js';
import type {
  AdapterInfo, Answering, AnswerOptions, CallOptions, Choice, ChooseOptions, Choices, Classified, ClassifyOptions, EmbedOptions,
  FillMaskOptions, FilledText, IntentSlotOptions, IntentSlots, Question, RunOptions, Scored, ScoreOptions, SimilarityOptions, TagOptions, Tagging, Task, Tasks,
  TextInput, TrainOptions, TrainProgress, Two, WhenHidden,
} from './types.js';
import { vectors } from './vectors.js';

/**
 * An adapter on its backbone, for one of the `Tasks`. Made by `Backbone.loadAdapter` and `Backbone.createAdapter`. Its type
 * says the task where that is known; a call for another task rejects with the code `wrong-task`.
 */
export class Adapter<T extends Task = Task> {
  #link: Link;
  #id: number;
  #info: AdapterInfo<T>;
  #disposed = false;

  /** @internal */
  constructor(link: Link, { id, info }: Opened<AdapterInfo<T>>) {
    this.#link = link;
    this.#id = id;
    this.#info = info;
  }

  /** What it is. */
  get info(): AdapterInfo<T> {
    return this.#info;
  }

  /** What it is for; null where that is nothing that this version knows. */
  get task(): T | null {
    return this.#info.task;
  }

  /** Its labels, in the order of the logits. */
  get labels(): readonly string[] {
    return this.#info.labels;
  }

  /**
   * Classifies texts, or pairs of texts, in input order: a list of them, or what a source gives, of which little is in
   * memory at a time. What is said of each is a `Classification`, or a `LabelSet` where a text may have several labels.
   *
   * @example
   * const [answer] = await spam.classify(['WIN a free phone now!']);
   * console.log(answer.label, answer.score);
   * for await (const answer of spam.classify(linesOf(file))) console.log(answer.label);
   * const [{ labels }] = await moods.classify(['what a day'], { threshold: 0.3 });
   * const [{ label }] = await entails.classify([{ text: 'a man sleeps', textPair: 'nobody is awake' }]);
   */
  classify(texts: readonly TextInput[], options?: ClassifyOptions): Promise<Classified<T>[]>;
  classify(texts: AsyncIterable<TextInput>, options?: ClassifyOptions): AsyncGenerator<Classified<T>, void, undefined>;
  classify(texts: Inputs<TextInput>, options: ClassifyOptions = {}) {
    const several = this.task === 'multi-label-classification';
    return this.#answer<TextInput, Classified<T>>(several ? this.task : 'text-classification', texts, options);
  }

  /**
   * Gives texts, or pairs of texts, their numbers, in input order; of a list, or of what a source gives.
   *
   * @example
   * const [{ score }] = await alike.score([{ text: 'a cat sleeps', textPair: 'a kitten naps' }]);
   */
  score(texts: readonly TextInput[], options?: ScoreOptions): Promise<Scored[]>;
  score(texts: AsyncIterable<TextInput>, options?: ScoreOptions): AsyncGenerator<Scored, void, undefined>;
  score(texts: Inputs<TextInput>, options: ScoreOptions = {}) {
    return this.#answer<TextInput, Scored>('regression', texts, options);
  }

  /**
   * Tags the words of texts, in input order, and says what entities the tags mark; of a list of texts, or of what a source
   * gives. `text.slice(start, end)` is what stands there.
   *
   * @example
   * const text = 'Ada Lovelace lived in London';
   * const [{ entities }] = await names.tag([text]);
   * for (const { start, end, type, score } of entities ?? []) console.log(text.slice(start, end), type, score);
   */
  tag(texts: readonly string[], options?: TagOptions): Promise<Tagging[]>;
  tag(texts: AsyncIterable<string>, options?: TagOptions): AsyncGenerator<Tagging, void, undefined>;
  tag(texts: Inputs<string>, options: TagOptions = {}) {
    return this.#answer<string, Tagging>('token-classification', texts, options);
  }

  /**
   * Says what sentences want, and which of their words say more of that, in input order: both heads answer in one forward
   * pass. Of a list of texts, or of what a source gives.
   *
   * @example
   * const text = 'play something by Nina Simone';
   * const [{ intent, slots }] = await assistant.intentAndSlots([text]);
   * console.log(intent.label, slots.entities?.map(({ start, end, type }) => [type, text.slice(start, end)]));
   */
  intentAndSlots(texts: readonly string[], options?: IntentSlotOptions): Promise<IntentSlots[]>;
  intentAndSlots(texts: AsyncIterable<string>, options?: IntentSlotOptions): AsyncGenerator<IntentSlots, void, undefined>;
  intentAndSlots(texts: Inputs<string>, options: IntentSlotOptions = {}) {
    return this.#answer<string, IntentSlots>('intent-slot-classification', texts, options);
  }

  /**
   * Answers questions with pieces of their contexts, in input order; of a list, or of what a source gives. Contexts of any
   * length are read. `context.slice(start, end)` is the answer.
   *
   * @example
   * const [{ answer }] = await reader.answer([{ question: 'Where does Ada live?', context: 'Ada lives in Rome.' }]);
   * console.log(answer?.text, answer?.start, answer?.score);
   */
  answer(questions: readonly Question[], options?: AnswerOptions): Promise<Answering[]>;
  answer(questions: AsyncIterable<Question>, options?: AnswerOptions): AsyncGenerator<Answering, void, undefined>;
  answer(questions: Inputs<Question>, options: AnswerOptions = {}) {
    return this.#answer<Question, Answering>('question-answering', questions, options);
  }

  /**
   * Says which of some texts fits a prompt best, in input order; of a list of prompts, or of what a source gives.
   *
   * @example
   * const [{ choice, scores }] = await plot.choose([{ prompt: 'She opened the umbrella.', choices: ['It rained.', 'It was hot.'] }]);
   */
  choose(prompts: readonly Choices[], options?: ChooseOptions): Promise<Choice[]>;
  choose(prompts: AsyncIterable<Choices>, options?: ChooseOptions): AsyncGenerator<Choice, void, undefined>;
  choose(prompts: Inputs<Choices>, options: ChooseOptions = {}) {
    return this.#answer<Choices, Choice>('multiple-choice', prompts, options);
  }

  /**
   * Says what may stand for the masks of texts (`BackboneInfo.mask`), in input order; of a list of texts, or of what a source
   * gives.
   *
   * @example
   * const [{ masks }] = await words.fillMask(['Ada lived in [MASK].']);
   * for (const { tokenStr, score, sequence } of masks[0].fills) console.log(tokenStr, score, sequence);
   */
  fillMask(texts: readonly string[], options?: FillMaskOptions): Promise<FilledText[]>;
  fillMask(texts: AsyncIterable<string>, options?: FillMaskOptions): AsyncGenerator<FilledText, void, undefined>;
  fillMask(texts: Inputs<string>, options: FillMaskOptions = {}) {
    return this.#answer<string, FilledText>('fill-mask', texts, options);
  }

  /** Vectors of texts with this adapter in the backbone; see `Backbone.embed`. */
  async embed(texts: readonly string[], options: EmbedOptions & { pooling: 'none' }): Promise<Float32Array[][]>;
  async embed(texts: readonly string[], options?: EmbedOptions): Promise<Float32Array[]>;
  async embed(texts: readonly string[], options: EmbedOptions = {}): Promise<Float32Array[] | Float32Array[][]> {
    const { signal, ...plain } = options;
    return vectors(await ask(this.#link, 'embed', [this.#use(), strings(texts), plain], signal), options);
  }

  /** How similar two texts are, with this adapter in the backbone; see `Backbone.similarity`. */
  similarity(pairs: readonly Two[], options?: SimilarityOptions): Promise<number[]>;
  similarity(pairs: AsyncIterable<Two>, options?: SimilarityOptions): AsyncGenerator<number, void, undefined>;
  similarity(pairs: Inputs<Two>, options: SimilarityOptions = {}) {
    return similarity(this, pairs, options);
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
    examples: Iterable<Tasks[T]['example']>,
    options: TrainOptions<T> = {},
  ): AsyncGenerator<TrainProgress<T>, void, undefined> {
    const { validation, and, ...others } = options;
    const share = typeof validation === 'object' ? {} : { validation };
    yield* this._run(plain(examples, validation, and), { ...others, ...share } as RunOptions);
  }

  /** @internal Trains on examples, by options that the engine may know more of. */
  async *_run(examples: PlainExamples, options: RunOptions): AsyncGenerator<TrainProgress<T>, void, undefined> {
    const { signal, saveAs, saveEvery = 5, whenHidden, ...plain } = options;
    if (saveAs !== undefined && (typeof saveAs !== 'string' || saveAs === '')) throw bad('saveAs must be a name');
    if (!(Number.isFinite(saveEvery) && saveEvery >= 0)) throw bad('saveEvery must be a number of seconds');
    const run = { examples, options: { ...plain, head: this.#info.head ?? undefined }, saveAs, saveEvery };
    yield* this._follow(run, signal, whenHidden);
  }

  /** @internal Trains with a run, or goes on with the one that the adapter was saved with. */
  async *_follow(
    run: PlainRun | undefined,
    signal: AbortSignal | undefined,
    whenHidden: WhenHidden = 'continue',
  ): AsyncGenerator<TrainProgress<T>, void, undefined> {
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
    const ended = call.then((info) => void (this.#info = info as AdapterInfo<T>)).finally(() => steps.close());
    ended.catch(() => undefined);
    try {
      yield* steps as AsyncIterable<TrainProgress<T>>;
      await ended;
    } finally {
      signal?.removeEventListener('abort', abort);
      stop.abort();
      steps.close();
      await ended.catch(() => undefined);
    }
  }

  /**
   * The same adapter as it stands now, whose head of that name answers and learns: of several that were trained together,
   * say. Both are exported with all heads.
   *
   * @example
   * const names = await both.withHead<'token-classification'>('names');
   * const [{ entities }] = await names.tag(['Ada Lovelace lived in London']);
   *
   * @throws GraftworkError `no-head`
   */
  async withHead<H extends Task = Task>(name: string, { signal }: CallOptions = {}): Promise<Adapter<H>> {
    return open<'head', H>(this.#link, 'head', [this.#use(), name], signal);
  }

  /** The adapter in one safetensors file, which every graftwork reads. */
  async export(): Promise<Blob> {
    const bytes = await this.#link.call('export', [this.#use()]);
    return new Blob([bytes as BlobPart], { type: 'application/octet-stream' });
  }

  /** @internal Its number, for a call by this way; refuses one of another backbone. */
  _on(link: Link): number {
    if (link !== this.#link) throw new GraftworkError('wrong-backbone', 'the adapter to begin with is on another backbone');
    return this.#use();
  }

  /** Frees its memory. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    // The backbone may be gone already, and the memory with it.
    this.#link.call('dispose', [this.#id]).catch(() => undefined);
  }

  #answer<I, A>(
    task: Task,
    inputs: Inputs<I>,
    { signal, ...options }: CallOptions,
  ): Promise<A[]> | AsyncGenerator<A, void, undefined> {
    const answer = async (some: readonly I[], first: number) =>
      ask(this.#link, 'answer', [this.#use(), task, list(some), first, options], signal) as Promise<A[]>;
    return answers(inputs, answer, signal);
  }

  #use(): number {
    if (this.#disposed) throw disposed('adapter');
    return this.#id;
  }
}

/** An adapter of the engine's; one that comes after an abort is nobody's, and disposed of. */
export async function open<M extends 'attach' | 'head' | 'create' | 'resume' | 'adapter', T extends Task = Task>(
  link: Link,
  method: M,
  args: Calls[M]['args'],
  signal: AbortSignal | undefined,
): Promise<Adapter<T>> {
  const adapter = (opened: Opened) => new Adapter<T>(link, opened as Opened<AdapterInfo<T>>);
  return adapter(await ask(link, method, args, signal, { late: (opened) => adapter(opened).dispose() }));
}
