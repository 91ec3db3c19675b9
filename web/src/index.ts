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
import { Adapter, context, strings } from './adapter.js';
import { Engine } from './engine.js';
import type { Link } from './protocol.js';
import { Remote } from './remote.js';
import { plainAdapter, plainLoad, plainSource } from './source.js';
import { persist } from './storage.js';
import type {
  AdapterSource, BackboneInfo, BackboneSource, CallOptions, CreateOptions, EmbedOptions, LoadAdapterOptions,
  LoadOptions, LoadProgress, Memory,
} from './types.js';
import { vectors } from './vectors.js';

export { GraftworkError } from './errors.js';
export type { ErrorCode } from './errors.js';
export { clearCache, storage } from './storage.js';
export { CACHE_NAME } from './store.js';
export { isSupported } from './support.js';
export type * from './types.js';
export type { Adapter };

/** A frozen backbone on the GPU or the CPU, in a worker of its own. */
export class Backbone {
  #link: Link;

  /** What it is, and where it runs. */
  readonly info: BackboneInfo;

  private constructor(link: Link, info: BackboneInfo) {
    this.#link = link;
    this.info = info;
  }

  /** Loads a backbone by URL, hub id or files. */
  static async load(source: BackboneSource, options: LoadOptions = {}): Promise<Backbone> {
    const { signal, onProgress, worker = true } = options;
    const args: [ReturnType<typeof plainSource>, ReturnType<typeof plainLoad>] =
      [plainSource(source, options), plainLoad(options)];
    signal?.throwIfAborted();
    if (options.persist) persist();
    const link = worker ? new Remote() : new Engine();
    const emit = async (progress: LoadProgress) => onProgress?.(progress);
    try {
      return new Backbone(link, await link.call('load', args, { ...context(signal), emit }));
    } catch (error) {
      link.close();
      throw error;
    }
  }

  /** Loads an adapter: one file, or AdapterHub's files by name, folder or hub id. */
  async loadAdapter(source: AdapterSource, options: LoadAdapterOptions = {}): Promise<Adapter> {
    const { signal, anyBackbone = false } = options;
    const opened = await this.#link.call('attach', [plainAdapter(source, options), anyBackbone], context(signal));
    return new Adapter(this.#link, opened);
  }

  /** Makes a new adapter, ready to be trained. */
  async createAdapter(options: CreateOptions, { signal }: CallOptions = {}): Promise<Adapter> {
    const opened = await this.#link.call('create', [options], context(signal));
    return new Adapter(this.#link, opened);
  }

  /** Vectors of texts, in input order; with pooling `none`, an array of vectors for each. */
  async embed(texts: readonly string[], options: EmbedOptions & { pooling: 'none' }): Promise<Float32Array[][]>;
  async embed(texts: readonly string[], options?: EmbedOptions): Promise<Float32Array[]>;
  async embed(texts: readonly string[], options: EmbedOptions = {}): Promise<Float32Array[] | Float32Array[][]> {
    const { signal, ...plain } = options;
    return vectors(await this.#link.call('embed', [undefined, strings(texts), plain], context(signal)), options);
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
