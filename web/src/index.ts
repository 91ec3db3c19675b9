/**
 * Adapter inference and on-device tuning of BERT-family models in the browser: one frozen backbone, many small adapters.
 *
 * @example
 * import { Backbone } from 'graftwork';
 *
 * const backbone = await Backbone.load('sentence-transformers/all-MiniLM-L6-v2');
 * const spam = await backbone.loadAdapter('spam.safetensors');
 * console.log(await spam.classify(['WIN a free phone now!']));
 *
 * @packageDocumentation
 */
import type { Adapter } from './adapter.js';
import { open } from './adapter.js';
import { ask } from './ask.js';
import { GraftworkError } from './errors.js';
import { plain, plainCreate, split, strings } from './examples.js';
import { Probe } from './probe.js';
import type { Link, Opened } from './protocol.js';
import { Remote } from './remote.js';
import { similarity } from './similarity.js';
import { plainAdapter, plainLoad, plainSource } from './source.js';
import { persist } from './storage.js';
import type { Inputs } from './stream.js';
import type {
  AdapterSource, BackboneInfo, BackboneSource, CallOptions, CreateOptions, DeviceEvent, EmbedOptions, Example,
  FewShotOptions, LoadAdapterOptions, LoadOptions, LoadProgress, Memory, ProbeInfo, ProbeOptions, ResumeOptions,
  RunOptions, SimilarityOptions, Survey, SurveyOptions, Task, TrainProgress, Two,
} from './types.js';
import { vectors } from './vectors.js';

export { GraftworkError } from './errors.js';
export type { ErrorCode } from './errors.js';
export { deleteRun, savedRuns } from './runs.js';
export { clearCache, storage } from './storage.js';
export { CACHE_NAME } from './store.js';
export { isStored } from './stored.js';
export type { StoredOptions } from './stored.js';
export { isSupported } from './support.js';
export type * from './settings.js';
export type * from './types.js';
export type { Adapter, Probe };

/** A run, and what it trains. */
export interface Run<T extends Task = Task> {
  /** The adapter. It answers when the run is over; one whose run is gone on with, as it had learned by the last save. */
  adapter: Adapter<T>;
  /** Its training, or the rest of it; it begins with the first `next()`. */
  training: AsyncGenerator<TrainProgress<T>, void, undefined>;
}

/** A frozen backbone on the GPU or the CPU, in a worker of its own. */
export class Backbone {
  #link: Link;

  #info: BackboneInfo;

  private constructor(link: Link, info: BackboneInfo, onDevice: LoadOptions['onDevice']) {
    this.#link = link;
    this.#info = info;
    const emit = async (event: DeviceEvent) => {
      if (event.state !== 'lost') this.#info = { ...this.#info, device: event.device, threads: event.threads };
      onDevice?.(event);
    };
    // It ends with the engine, by a rejection that every other call has too.
    link.call('watch', [], { emit }).catch(() => undefined);
  }

  /** What it is, and where it runs. */
  get info(): BackboneInfo {
    return this.#info;
  }

  /** Loads a backbone by URL, hub id or files. */
  static async load(source: BackboneSource, options: LoadOptions = {}): Promise<Backbone> {
    const { signal, onProgress, onDevice, worker = true } = options;
    const args: [ReturnType<typeof plainSource>, ReturnType<typeof plainLoad>] =
      [plainSource(source, options), plainLoad(options)];
    signal?.throwIfAborted();
    if (options.persist) persist();
    const link = worker ? new Remote(start()) : await here();
    const emit = async (progress: LoadProgress) => onProgress?.(progress);
    try {
      return new Backbone(link, await ask(link, 'load', args, signal, { emit }), onDevice);
    } catch (error) {
      link.close();
      throw error;
    }
  }

  /** Loads an adapter: one file, or AdapterHub's files by name, folder or hub id. */
  async loadAdapter<T extends Task = Task>(
    source: AdapterSource,
    options: LoadAdapterOptions<T> = {},
  ): Promise<Adapter<T>> {
    const { signal, task, head, anyBackbone = false } = options;
    const args: [ReturnType<typeof plainAdapter>, boolean, string | undefined] =
      [plainAdapter(source, options), anyBackbone, head];
    const adapter = await open<'attach', T>(this.#link, 'attach', args, signal);
    return forTask(adapter, task);
  }

  /**
   * Makes a new adapter, ready to be trained.
   *
   * @example
   * const spam = await backbone.createAdapter({ labels: ['ham', 'spam'] });
   * const names = await backbone.createAdapter({ task: 'token-classification', entityTypes: ['person', 'place'] });
   * // One that begins where another one has ended, which learned the words of a field, say.
   * const topics = await backbone.createAdapter({ labels: ['a', 'b'], from: words });
   * // One with two heads, which learn together; see `withHead` and `TrainOptions.and`.
   * const names = { task: 'token-classification', entityTypes: ['person', 'place'] } as const;
   * const both = await backbone.createAdapter({ labels: ['a', 'b'], head: 'topic', and: { names } });
   */
  async createAdapter<T extends Task = 'text-classification'>(
    options: CreateOptions<T>,
    { signal }: CallOptions = {},
  ): Promise<Adapter<T>> {
    const from = options.from?._on(this.#link);
    return open<'create', T>(this.#link, 'create', [plainCreate(options), from], signal);
  }

  /**
   * Learns an adapter from few examples, some dozens a label: a head is fitted first, then an adapter is trained from that
   * solution. Cross-validation decides whether the adapter is kept or the head alone, and tells how far the answers can be
   * trusted: `adapter.info.knowledge` and `adapter.info.metrics.cross_validation`.
   *
   * @example
   * const { adapter, training } = await backbone.fewShot(examples);
   * for await (const { stage, step, totalSteps } of training) console.log(`${stage}: ${step}/${totalSteps}`);
   * console.log(adapter.info.knowledge, await adapter.classify(['WIN a free phone now!']));
   */
  async fewShot(examples: Iterable<Example>, options: FewShotOptions = {}): Promise<Run<'text-classification'>> {
    const { labels, name, method, ...run } = options;
    const all = [...examples];
    const found = split(all).labels;
    const recipe = 'few-shot';
    const create = {
      recipe, labels: labels ?? [...new Set(found)], ...(name !== undefined && { name }),
      ...(method !== undefined && { method }), ...(run.seed !== undefined && { seed: run.seed }),
    };
    const adapter = await open<'create', 'text-classification'>(this.#link, 'create', [create, undefined], run.signal);
    return { adapter, training: adapter._run(plain(all), { ...run, recipe } as RunOptions) };
  }

  /** Counts what of texts is not read, or hardly understood: before they are learned, say. */
  async survey(texts: readonly string[], { signal, ...limit }: SurveyOptions = {}): Promise<Survey> {
    return ask(this.#link, 'survey', [strings(texts), limit], signal);
  }

  /** Makes a classifier that learns from each example at once; see `Probe`. */
  async probe(options: ProbeOptions = {}, { signal }: CallOptions = {}): Promise<Probe> {
    const probe = (opened: Opened<ProbeInfo>) => new Probe(this.#link, opened);
    const late = (opened: Opened<ProbeInfo>) => probe(opened).dispose();
    return probe(await ask(this.#link, 'probe', [options], signal, { late }));
  }

  /**
   * Takes a saved run up again: its adapter, with what it had learned by the last save, and the rest of its training.
   * The result is the same, byte for byte, as if the run had never been interrupted, if the device is the same. The run
   * is claimed until the training ends or the adapter is disposed of.
   *
   * @throws GraftworkError `no-run`, `bad-run`, `wrong-backbone`, `wrong-task`, `busy` if another tab has it, `storage`
   *
   * @example
   * const [run] = await savedRuns();
   * const { adapter, training } = await backbone.resume(run.name);
   * for await (const { step, totalSteps } of training) console.log(`${step}/${totalSteps}`);
   */
  async resume<T extends Task = Task>(
    name: string,
    { signal, whenHidden, task }: ResumeOptions<T> = {},
  ): Promise<Run<T>> {
    const adapter = forTask(await open<'resume', T>(this.#link, 'resume', [name], signal), task);
    return { adapter, training: adapter._follow(undefined, signal, whenHidden) };
  }

  /** Vectors of texts, in input order; with pooling `none`, an array of vectors for each. */
  async embed(texts: readonly string[], options: EmbedOptions & { pooling: 'none' }): Promise<Float32Array[][]>;
  async embed(texts: readonly string[], options?: EmbedOptions): Promise<Float32Array[]>;
  async embed(texts: readonly string[], options: EmbedOptions = {}): Promise<Float32Array[] | Float32Array[][]> {
    const { signal, ...plain } = options;
    return vectors(await ask(this.#link, 'embed', [undefined, strings(texts), plain], signal), options);
  }

  /**
   * How similar two texts are, pair by pair, in input order: the cosine of their vectors, from -1 to 1. Each is read by
   * itself; an adapter for `regression` that was trained on pairs reads both together.
   *
   * @example
   * const [cosine] = await backbone.similarity([['a cat sleeps', 'a kitten naps']]);
   */
  similarity(pairs: readonly Two[], options?: SimilarityOptions): Promise<number[]>;
  similarity(pairs: AsyncIterable<Two>, options?: SimilarityOptions): AsyncGenerator<number, void, undefined>;
  similarity(pairs: Inputs<Two>, options: SimilarityOptions = {}) {
    return similarity(this, pairs, options);
  }

  /** What is in use now. */
  memory(): Promise<Memory> {
    return this.#link.call('memory', []);
  }

  /** Frees everything, its adapters too; calls in progress reject. */
  dispose(): void {
    this.#link.close();
  }
}

/** An adapter, if it is for the task that it must be for. */
function forTask<T extends Task>(adapter: Adapter<T>, task: T | undefined): Adapter<T> {
  if (task === undefined || adapter.task === task) return adapter;
  adapter.dispose();
  throw new GraftworkError('wrong-task', `the adapter is for ${adapter.task ?? 'no known task'}, not for ${task}`);
}

/** A worker with an engine. Bundlers know this form and no other. */
function start(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'graftwork' });
}

/** An engine in this thread. A page that uses a worker never downloads it: the worker does. */
async function here(): Promise<Link> {
  const { Engine } = await import('./engine.js').catch((cause: unknown) => {
    throw new GraftworkError('network', "graftwork's engine could not be downloaded", { cause });
  });
  return new Engine();
}
