import { GraftworkError, toError } from './errors.js';
import { openAdapter, openBackbone } from './folder.js';
import { Keeper, MEMORY_SECONDS } from './keeper.js';
import { Lasting } from './lasting.js';
import type { Calls, Context, Link, Method, Opened, PlainAdapter, PlainRun } from './protocol.js';
import { disposed } from './protocol.js';
import { reader } from './reader.js';
import { bytesOf } from './source.js';
import { isSupported } from './support.js';
import type { AdapterInfo, Classification, DeviceEvent } from './types.js';
import type { Adapter, Backbone } from './wasm/graftwork_web.js';
import init, * as wasm from './wasm/graftwork_web.js';

/** @internal Lets the tests see what a panic does. */
export { panicNow } from './wasm/graftwork_web.js';

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
  #lasting: Lasting | undefined;
  #adapters = new Map<number, Adapter>();
  /** Saved runs by their adapters, until they are gone on with. */
  #resumed = new Map<number, Keeper>();
  #busy = new Set<number>();
  #tell: (event: DeviceEvent) => void = () => {};
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
    for (const keeper of this.#resumed.values()) keeper.release();
    this.#lasting?.close();
    this.#lasting = undefined;
  }

  /** @internal */
  async _load(...[source, load, { signal, emit }]: [...Calls['load']['args'], Context<'load'>]) {
    const files = await openBackbone(source, load, { signal, hasher, onProgress: (progress) => void emit(progress) });
    const [names, sizes] = [[...files.keys()], Float64Array.from([...files.values()], (blob) => blob.size)];
    const upload = async (device: string, progress: (done: number) => void) =>
      wasm.Backbone.load(device, names, sizes, await reader(files), progress);
    const open = (device: string) => {
      signal.throwIfAborted();
      const file = 'model.safetensors';
      return upload(device, (done) => void emit({ phase: 'upload', file, loaded: done, total: 1, cached: false }));
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
    const again = (device: 'gpu' | 'cpu') => upload(device, () => undefined);
    const move = (to: Backbone) => this.#adapters.forEach((adapter) => adapter.moveTo(to));
    this.#lasting = new Lasting(backbone, load.device, again, move, (event) => this.#tell(event));
    return JSON.parse(backbone.info());
  }

  /** @internal */
  async _watch({ emit }: Context<'watch'>): Promise<never> {
    this.#tell = (event) => void emit(event);
    return new Promise<never>(() => {});
  }

  /** @internal */
  async _attach(named: PlainAdapter, anyBackbone: boolean, { signal }: Context<'attach'>): Promise<Opened> {
    const ways = { signal, hasher, onProgress: () => undefined };
    const source = 'url' in named ? await openAdapter(named, ways) : named;
    if ('files' in source) {
      const names = Object.keys(source.files);
      const contents = await Promise.all(Object.values(source.files).map(bytesOf));
      return this.#opened(this.#loaded().backbone.attachFiles(names, contents, anyBackbone));
    }
    const { name = 'the adapter', bytes } = source;
    return this.#opened(this.#loaded().backbone.attach(name, await bytesOf(bytes), anyBackbone));
  }

  /** @internal */
  async _create(options: object): Promise<Opened> {
    return this.#opened(this.#loaded().backbone.create(JSON.stringify(options)));
  }

  /** @internal */
  async _classify(id: number, texts: string[], options: object, { signal }: Context<'classify'>) {
    const answers: Classification[] = [];
    for (let from = 0; from < texts.length; from += CHUNK) {
      if (from > 0) await pause();
      signal.throwIfAborted();
      const chunk = texts.slice(from, from + CHUNK);
      const json = await this.#loaded().run(() => this.#adapter(id).classify(chunk, JSON.stringify(options)));
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
      const chunk = texts.slice(from, from + CHUNK);
      const vectors = await this.#loaded().run(() => {
        const what = id === undefined ? this.#loaded().backbone : this.#adapter(id);
        return what.embed(chunk, JSON.stringify(options));
      });
      parts.push({ values: vectors.values, counts: vectors.counts });
      vectors.free();
    }
    const values = new Float32Array(parts.reduce((length, part) => length + part.values.length, 0));
    parts.reduce((at, part) => (values.set(part.values, at), at + part.values.length), 0);
    return { values, counts: Uint32Array.from(parts.flatMap((part) => [...part.counts])) };
  }

  /** @internal */
  async _resume(name: string, { signal }: Context<'resume'>): Promise<Opened> {
    const [keeper, { summary, start, state }] = await Keeper.resume(name);
    try {
      signal.throwIfAborted();
      const { fingerprint } = JSON.parse(this.#loaded().backbone.info());
      if (summary.fingerprint !== fingerprint) {
        throw new GraftworkError('wrong-backbone', `the run \`${name}\` was saved with another backbone`);
      }
      const opened = this.#opened(this.#loaded().backbone.attachRun(start.file, state));
      this.#resumed.set(opened.id, keeper);
      return opened;
    } catch (error) {
      keeper.release();
      throw error;
    }
  }

  /** @internal */
  async _train(id: number, run: PlainRun | undefined, { signal, emit }: Context<'train'>): Promise<AdapterInfo> {
    const adapter = this.#adapter(id);
    if (this.#busy.has(id)) throw new GraftworkError('busy', 'the adapter is being trained already');
    this.#busy.add(id);
    let keeper: Keeper | undefined;
    let over = false;
    try {
      keeper = run === undefined ? this.#takeResumed(id) : await Keeper.begin(run, () => this.#start(adapter, run));
      const kept = keeper;
      over = await this.#loaded().run(() => this.#steps(id, kept, signal, emit), () => kept.step);
      if (kept.failure !== undefined) throw kept.failure;
    } catch (error) {
      // It would diverge again.
      over = codeOf(error) === 'diverged';
      throw error;
    } finally {
      await keeper?.end(over);
      keeper?.release();
      this.#busy.delete(id);
    }
    signal.throwIfAborted();
    if (!over) throw disposed('adapter');
    return JSON.parse(adapter.info());
  }

  /** Trains from where the keeper stands; whether that came to the run's end. */
  #steps(id: number, keeper: Keeper, signal: AbortSignal, emit: Context<'train'>['emit']): Promise<boolean> {
    const { examples, options, saveAs, saveEvery } = keeper.run;
    const save = saveAs === undefined ? Infinity : saveEvery;
    const host = {
      state: keeper.state,
      // Only a GPU can be lost.
      seconds: this.#loaded().device === 'gpu' ? Math.min(save, MEMORY_SECONDS) : save,
      keep: keeper.keep.bind(keeper),
      tell: async (events: string): Promise<boolean> => {
        const news = keeper.news(JSON.parse(events));
        if (news.length > 0) await emit(news);
        // Lets an abort in, which arrives as a message.
        await pause();
        return !signal.aborted && this.#adapters.has(id);
      },
    };
    const { texts, labels, devTexts, devLabels } = examples;
    return this.#adapter(id).train(texts, labels, devTexts, devLabels, JSON.stringify(options), host);
  }

  #start(adapter: Adapter, run: PlainRun) {
    const { name, labels } = JSON.parse(adapter.info());
    const { fingerprint } = JSON.parse(this.#loaded().backbone.info());
    return { file: adapter.export(), run, about: { adapter: name, labels, fingerprint } };
  }

  #takeResumed(id: number): Keeper {
    const keeper = this.#resumed.get(id);
    if (keeper === undefined) throw new GraftworkError('no-run', 'the run was gone on with already');
    this.#resumed.delete(id);
    return keeper;
  }

  /** @internal */
  async _export(id: number): Promise<Uint8Array> {
    return this.#adapter(id).export();
  }

  /** @internal */
  async _memory() {
    return JSON.parse(this.#loaded().backbone.memory());
  }

  /** @internal */
  async _disposeAdapter(id: number): Promise<void> {
    this.#adapters.get(id)?.dispose();
    this.#adapters.delete(id);
    this.#resumed.get(id)?.release();
    this.#resumed.delete(id);
  }

  #loaded(): Lasting {
    if (this.#lasting === undefined) throw disposed('backbone');
    return this.#lasting;
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

/** Lets messages in. Not by a timer: a hidden page's timers run once a second at most. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
