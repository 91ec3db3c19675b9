import { GraftworkError, toError } from './errors.js';
import { openAdapter, openBackbone } from './folder.js';
import type { Calls, Context, Link, Method, Opened, PlainAdapter } from './protocol.js';
import { disposed } from './protocol.js';
import { reader } from './reader.js';
import { bytesOf } from './source.js';
import { isSupported } from './support.js';
import type { AdapterInfo, Classification } from './types.js';
import type { Adapter, Backbone } from './wasm/graftwork_web.js';
import init, * as wasm from './wasm/graftwork_web.js';

/** Texts of one call into the module; between two of them an abort is noticed. */
const CHUNK = 256;

/** Rejects when the module panicked: no call into it comes back after that. */
let broken: Promise<never> | undefined;

async function start(): Promise<void> {
  await init();
  broken ??= new Promise<never>((_, reject) => {
    wasm.onPanic((message: string) => reject(new GraftworkError('internal', message)));
  });
  broken.catch(() => undefined);
}

/** One backbone with its adapters, in this thread. */
export class Engine implements Link {
  #backbone: Backbone | undefined;
  #adapters = new Map<number, Adapter>();
  #busy = new Set<number>();
  #nextId = 1;
  #closed = new AbortController();

  async call<M extends Method>(
    method: M,
    args: Calls[M]['args'],
    context: Partial<Context<M>> = {},
  ): Promise<Calls[M]['result']> {
    const signals = [this.#closed.signal, ...(context.signal === undefined ? [] : [context.signal])];
    const signal = AbortSignal.any(signals);
    const emit = context.emit ?? (() => Promise.resolve());
    // TypeScript does not see that name, arguments and result belong together.
    const body = this[`_${method}`].bind(this) as (...all: unknown[]) => Promise<Calls[M]['result']>;
    try {
      signal.throwIfAborted();
      await start();
      return await Promise.race([body(...args, { signal, emit }), broken as Promise<never>]);
    } catch (error) {
      if (this.#closed.signal.aborted) throw disposed('backbone');
      context.signal?.throwIfAborted();
      throw toError(error);
    }
  }

  close(): void {
    this.#closed.abort();
    for (const adapter of this.#adapters.values()) adapter.dispose();
    this.#adapters.clear();
    this.#backbone?.dispose();
    this.#backbone = undefined;
  }

  /** @internal */
  async _load(...[source, load, { signal, emit }]: [...Calls['load']['args'], Context<'load'>]) {
    const files = await openBackbone(source, load, { signal, hasher, onProgress: (progress) => void emit(progress) });
    const [names, sizes] = [[...files.keys()], Float64Array.from([...files.values()], (blob) => blob.size)];
    const read = await reader(files);
    const open = (device: string) => {
      signal.throwIfAborted();
      const file = 'model.safetensors';
      const upload = (done: number) => emit({ phase: 'upload', file, loaded: done, total: 1, cached: false });
      return wasm.Backbone.load(device, names, sizes, read, (done: number) => void upload(done));
    };
    const device = load.device === 'auto' ? (await isSupported()).device : load.device;
    const backbone = await open(device).catch((error: unknown) => {
      // A GPU that was seen but does not open is as good as none.
      if (load.device === 'auto' && toError(error) instanceof GraftworkError && codeOf(error) === 'no-gpu') {
        return open('cpu');
      }
      throw error;
    });
    if (signal.aborted) backbone.dispose();
    signal.throwIfAborted();
    this.#backbone = backbone;
    return JSON.parse(backbone.info());
  }

  /** @internal */
  async _attach(named: PlainAdapter, anyBackbone: boolean, { signal }: Context<'attach'>): Promise<Opened> {
    const ways = { signal, hasher, onProgress: () => undefined };
    const source = 'url' in named ? await openAdapter(named, ways) : named;
    if ('files' in source) {
      const names = Object.keys(source.files);
      const contents = await Promise.all(Object.values(source.files).map(bytesOf));
      return this.#opened(this.#loaded().attachFiles(names, contents, anyBackbone));
    }
    const { name = 'the adapter', bytes } = source;
    return this.#opened(this.#loaded().attach(name, await bytesOf(bytes), anyBackbone));
  }

  /** @internal */
  async _create(options: object): Promise<Opened> {
    return this.#opened(this.#loaded().create(JSON.stringify(options)));
  }

  /** @internal */
  async _classify(id: number, texts: string[], options: object, { signal }: Context<'classify'>) {
    const answers: Classification[] = [];
    for (let from = 0; from < texts.length; from += CHUNK) {
      if (from > 0) await pause();
      signal.throwIfAborted();
      const json = await this.#adapter(id).classify(texts.slice(from, from + CHUNK), JSON.stringify(options));
      for (const { scores, ...answer } of JSON.parse(json)) {
        answers.push({ ...answer, scores: Object.fromEntries(scores) });
      }
    }
    return answers;
  }

  /** @internal */
  async _embed(id: number | undefined, texts: string[], options: object, { signal }: Context<'embed'>) {
    const parts: { values: Float32Array; counts: Uint32Array }[] = [];
    for (let from = 0; from < texts.length; from += CHUNK) {
      if (from > 0) await pause();
      signal.throwIfAborted();
      const what = id === undefined ? this.#loaded() : this.#adapter(id);
      const vectors = await what.embed(texts.slice(from, from + CHUNK), JSON.stringify(options));
      parts.push({ values: vectors.values, counts: vectors.counts });
      vectors.free();
    }
    const values = new Float32Array(parts.reduce((length, part) => length + part.values.length, 0));
    parts.reduce((at, part) => (values.set(part.values, at), at + part.values.length), 0);
    return { values, counts: Uint32Array.from(parts.flatMap((part) => [...part.counts])) };
  }

  /** @internal */
  async _train(...[id, data, options, { signal, emit }]: [...Calls['train']['args'], Context<'train'>]) {
    const adapter = this.#adapter(id);
    if (this.#busy.has(id)) throw new GraftworkError('busy', 'the adapter is being trained already');
    this.#busy.add(id);
    try {
      const observer = async (events: string): Promise<boolean> => {
        await emit(JSON.parse(events));
        // Lets an abort in, which arrives as a message.
        await pause();
        return !signal.aborted && this.#adapters.has(id);
      };
      const { texts, labels, devTexts, devLabels } = data;
      const json = JSON.stringify(options);
      const finished = await adapter.train(texts, labels, devTexts, devLabels, json, observer);
      signal.throwIfAborted();
      if (!finished) throw disposed('adapter');
      return JSON.parse(adapter.info()) as AdapterInfo;
    } finally {
      this.#busy.delete(id);
    }
  }

  /** @internal */
  async _export(id: number): Promise<Uint8Array> {
    return this.#adapter(id).export();
  }

  /** @internal */
  async _memory() {
    return JSON.parse(this.#loaded().memory());
  }

  /** @internal */
  async _disposeAdapter(id: number): Promise<void> {
    this.#adapters.get(id)?.dispose();
    this.#adapters.delete(id);
  }

  #loaded(): Backbone {
    if (this.#backbone === undefined) throw disposed('backbone');
    return this.#backbone;
  }

  #adapter(id: number): Adapter {
    const adapter = this.#adapters.get(id);
    if (adapter === undefined) throw disposed('adapter');
    return adapter;
  }

  #opened(adapter: Adapter): Opened {
    const id = this.#nextId++;
    this.#adapters.set(id, adapter);
    return { id, info: JSON.parse(adapter.info()) };
  }
}

function hasher(): wasm.Sha256 {
  return new wasm.Sha256();
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
