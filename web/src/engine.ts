import type { Mate } from './crew.js';
import { Crew } from './crew.js';
import { toError } from './errors.js';
import { openAdapter, openBackbone } from './folder.js';
import { toJson } from './json.js';
import { Lasting } from './lasting.js';
import { ready, withModule } from './module.js';
import type { Calls, Context, Link, Method, Opened, PlainAdapter, PlainRun } from './protocol.js';
import { disposed } from './protocol.js';
import { bytesOf } from './source.js';
import { Trainings } from './trainings.js';
import type { AdapterInfo, Classification, DeviceEvent, LoadProgress, Memory, ProbeInfo, Survey, Task } from './types.js';
import { chosen, upload } from './upload.js';
import type { Backbone } from './wasm/graftwork_web.js';
import * as wasm from './wasm/graftwork_web.js';
import type { Group } from './work.js';
import { Work } from './work.js';

/** @internal Lets the tests see what a panic does. */
export { panicNow } from './wasm/graftwork_web.js';

/** One backbone with its adapters, in this thread. */
export class Engine implements Link {
  #lasting: Lasting | undefined;
  /** The options of each probe. */
  #probes = new Map<number, object>();
  #spawn: (() => Worker) | undefined;
  #models = new Map<number, wasm.Adapter | wasm.Probe>();
  #trainings = new Trainings({
    loaded: () => this.#loaded(), adapter: (id) => this.#adapter(id), has: (id) => this.#models.has(id),
    threads: () => this.#work.threads(this.#loaded().info.device), others: (tokens) => this.#work.started(tokens),
  });
  #tell: (event: DeviceEvent) => void = () => {};
  #nextId = 1;
  /** Ends each call in progress. */
  #calls = new Set<AbortController>();
  #closed = false;
  #work = new Work(() => this.#loaded(), () => this.#lasting?.info.device ?? 'cpu');

  /** `spawn` starts another worker like the one that it is in. */
  constructor(spawn?: () => Worker) {
    this.#spawn = spawn;
  }

  async call<M extends Method>(
    method: M,
    args: Calls[M]['args'],
    context: Partial<Context<M>> = {},
  ): Promise<Calls[M]['result']> {
    if (this.#closed) throw disposed('backbone');
    const own = new AbortController();
    const abort = () => own.abort(context.signal?.reason);
    if (context.signal?.aborted) abort();
    context.signal?.addEventListener('abort', abort, { once: true });
    this.#calls.add(own);
    const ways = { signal: own.signal, emit: context.emit ?? (() => Promise.resolve()) };
    // TypeScript does not see that name, arguments and result belong together.
    const body = this[`_${method}`].bind(this) as (...all: unknown[]) => Promise<Calls[M]['result']>;
    try {
      own.signal.throwIfAborted();
      return await withModule(() => body(...args, ways), method === 'load');
    } catch (error) {
      own.signal.throwIfAborted();
      // Where a panic ended it, it may still stand in the queue.
      own.abort();
      throw toError(error);
    } finally {
      context.signal?.removeEventListener('abort', abort);
      this.#calls.delete(own);
    }
  }

  close(): void {
    this.#closed = true;
    for (const call of this.#calls) call.abort(disposed('backbone'));
    for (const model of this.#models.values()) model.dispose();
    this.#models.clear();
    this.#trainings.close();
    this.#work.crew?.close();
    this.#lasting?.close();
    this.#lasting = undefined;
  }

  /** @internal */
  async _load(...[source, load, { signal, emit }]: [...Calls['load']['args'], Context<'load'>]) {
    const ways = { signal, hasher, onProgress: (progress: LoadProgress) => void emit(progress) };
    // The files are looked up or downloaded while the module is.
    const [, { files, weights }, device] = await Promise.all([ready(), openBackbone(source, load, ways), chosen(load)]);
    const known = load.known ?? (load.verify ? undefined : await weights?.identity());
    const { backbone, identity, again } = await upload(files, [load, device, known], { signal, emit });
    await weights?.identify(identity);
    const move = (to: Backbone) => this.#models.forEach((model) => model.moveTo(to));
    const tell = (event: Omit<DeviceEvent, 'threads'>) => this.#tell({ ...event, threads: this.#work.threads(event.device) });
    this.#lasting = new Lasting(backbone, load.device, again, move, tell);
    const onFewer = (reason: string) => tell({ state: 'fewer-threads', device: this.#loaded().info.device, reason });
    const copy = (id: number, mate: Mate) => this.#copy(id, mate);
    this.#work.crew = new Crew(load.threads ?? 1, files, { spawn: this.#spawn, load: { dtype: load.dtype, known: identity }, copy, onFewer });
    const { info } = this.#lasting;
    return { ...info, threads: this.#work.threads(info.device) };
  }

  /** @internal */
  async _watch({ signal, emit }: Context<'watch'>): Promise<never> {
    this.#tell = (event) => void emit(event);
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  }

  /** @internal */
  async _attach(named: PlainAdapter, anyBackbone: boolean, head: string | undefined, { signal }: Context<'attach'>) {
    const open = (attach: (backbone: Backbone) => wasm.Adapter) => this.#open(signal, (backbone) => {
      const whole = attach(backbone);
      try {
        return head === undefined ? whole : whole.withHead(head);
      } finally {
        if (head !== undefined) whole.dispose();
      }
    });
    const ways = { signal, hasher, onProgress: () => undefined };
    const source = 'url' in named ? await openAdapter(named, ways) : named;
    if ('files' in source) {
      const names = Object.keys(source.files);
      const contents = await Promise.all(Object.values(source.files).map(bytesOf));
      return open((backbone) => backbone.attachFiles(names, contents, anyBackbone));
    }
    const { name = 'the adapter', bytes } = source;
    const content = await bytesOf(bytes);
    return open((backbone) => backbone.attach(name, content, anyBackbone));
  }

  /** @internal */
  async _head(id: number, name: string, { signal }: Context<'head'>): Promise<Opened> {
    return this.#open(signal, () => this.#adapter(id).withHead(name));
  }

  /** @internal */
  async _create(options: object, from: number | undefined, { signal }: Context<'create'>): Promise<Opened> {
    const json = JSON.stringify(options);
    return this.#open(signal, (backbone) => (from === undefined ? backbone.create(json) : this.#adapter(from).next(json)));
  }

  /** @internal */
  async _classify(id: number, texts: string[], options: object, { signal }: Context<'classify'>) {
    const json = JSON.stringify(options);
    // What cannot be answered is not read.
    this.#probe(id).classify(await this.#probe(id).read([], json), json);
    const read = await this.#read(id, texts, json, signal);
    return read.flatMap((texts): Classification[] => JSON.parse(this.#probe(id).classify(texts, json)));
  }

  /** @internal */
  async _answer(id: number, task: Task, inputs: unknown[], first: number, options: object, { signal }: Context<'answer'>) {
    const answers = await this.#work.inGroups(inputs, signal, async ({ group, before }): Promise<unknown[]> =>
      JSON.parse(await this.#adapter(id).answer(task, group.map(toJson), first + before, JSON.stringify(options))),
    { there: (mate, { group, before }, own) => mate.call('answer', [own, task, group, first + before, options], { signal }), id });
    return answers.flat();
  }

  /** @internal */
  async _embed(id: number | undefined, texts: string[], options: object, { signal }: Context<'embed'>) {
    const parts = await this.#work.inGroups(texts, signal, async ({ group }) => {
      const what = id === undefined ? this.#loaded().backbone : this.#adapter(id);
      const vectors = await what.embed(group, JSON.stringify(options));
      const { values, counts } = vectors;
      vectors.free();
      return { values, counts };
    }, { there: (mate, { group }, own) => mate.call('embed', [id && own, group, options], { signal }), id });
    const values = new Float32Array(parts.reduce((length, part) => length + part.values.length, 0));
    parts.reduce((at, part) => (values.set(part.values, at), at + part.values.length), 0);
    return { values, counts: Uint32Array.from(parts.flatMap((part) => [...part.counts])) };
  }

  /** @internal */
  async _resume(name: string, { signal }: Context<'resume'>): Promise<Opened> {
    return this.#trainings.resume(name, signal, (attach) => this.#open(signal, attach));
  }

  /** @internal */
  async _train(id: number, run: PlainRun | undefined, context: Context<'train'>): Promise<AdapterInfo> {
    try {
      return await this.#trainings.train(id, run, context);
    } finally {
      this.#work.crew?.forget(id);
    }
  }

  /** @internal */
  async _help(number: number, file: Uint8Array, run: PlainRun, { signal }: Context<'help'>): Promise<void> {
    const adapter = this.#loaded().backbone.attach('the run', file, true);
    return this.#trainings.help(number, adapter, run, signal).finally(() => adapter.dispose());
  }

  /** @internal */
  async _share(number: number, order: Float32Array): Promise<Float32Array> {
    return this.#trainings.share(number, order);
  }

  /** @internal */
  async _export(id: number): Promise<Uint8Array> {
    return this.#adapter(id).export();
  }

  /** @internal */
  async _survey(texts: string[], options: object, { signal }: Context<'survey'>): Promise<Survey> {
    const all: Survey = { texts: 0, longer: 0, longest: 0, truncated: 0, uncovered: 0 };
    await this.#work.inGroups(texts, signal, async ({ group }) => {
      const { longest, ...counts }: Survey = JSON.parse(this.#loaded().backbone.survey(group, JSON.stringify(options)));
      all.longest = Math.max(all.longest, longest);
      for (const [key, count] of Object.entries(counts)) all[key as keyof Survey] += count;
    });
    return all;
  }

  /** @internal */
  async _probe(options: object, { signal }: Context<'probe'>): Promise<Opened<ProbeInfo>> {
    const opened = await this.#open<ProbeInfo>(signal, (backbone) => backbone.probe(JSON.stringify(options)));
    this.#probes.set(opened.id, options);
    return opened;
  }

  /** @internal */
  async _values(id: number, texts: string[], options: string, { signal }: Context<'values'>): Promise<Float32Array> {
    const read = await this.#work.run(signal, () => this.#probe(id).read(texts, options));
    const { values } = read;
    read.free();
    return values;
  }

  /** @internal */
  async _learn(id: number, texts: string[], labels: string[], { signal }: Context<'learn'>): Promise<ProbeInfo> {
    // All texts are read before one is learned: an abort leaves nothing half done.
    const read = await this.#read(id, texts, '{}', signal);
    return this.#change(id, signal, (probe) => probe.learn(read, labels));
  }

  /** @internal */
  async _forget(id: number, example: number, label: string | undefined, { signal }: Context<'forget'>) {
    return this.#change(id, signal, (probe) => {
      if (label === undefined) probe.remove(example);
      else probe.relabel(example, label);
    });
  }

  /** @internal */
  async _adapter(id: number, name: string | undefined, { signal }: Context<'adapter'>): Promise<Opened> {
    return this.#open(signal, () => this.#probe(id).toAdapter(name));
  }

  /** @internal */
  async _memory() {
    const own: Memory = JSON.parse(this.#loaded().backbone.memory());
    return { ...own, wasmBytes: own.wasmBytes + ((await this.#work.crew?.memory()) ?? 0) };
  }

  /** @internal */
  async _dispose(id: number): Promise<void> {
    this.#models.get(id)?.dispose();
    this.#models.delete(id);
    this.#probes.delete(id);
    this.#work.crew?.forget(id);
    this.#trainings.forget(id);
  }

  #loaded(): Lasting {
    if (this.#lasting === undefined) throw disposed('backbone');
    return this.#lasting;
  }

  #model(id: number): wasm.Adapter | wasm.Probe {
    const model = this.#models.get(id);
    if (model === undefined) throw disposed('adapter');
    return model;
  }

  #adapter(id: number): wasm.Adapter {
    return this.#model(id) as wasm.Adapter;
  }

  #probe(id: number): wasm.Probe {
    return this.#model(id) as wasm.Probe;
  }

  #change(id: number, signal: AbortSignal, change: (probe: wasm.Probe) => void): Promise<ProbeInfo> {
    return this.#work.run(signal, () => {
      const probe = this.#probe(id);
      change(probe);
      return JSON.parse(probe.info());
    });
  }

  /** Makes an adapter or a probe when the module has time. Whoever gets it has to dispose of it. */
  #open<Info = AdapterInfo>(
    signal: AbortSignal,
    make: (backbone: Backbone) => Promise<wasm.Adapter> | wasm.Adapter | wasm.Probe,
  ): Promise<Opened<Info>> {
    return this.#work.run(signal, async () => {
      const model = await make(this.#loaded().backbone);
      const id = this.#nextId++;
      this.#models.set(id, model);
      return { id, info: JSON.parse(model.info()) };
    });
  }

  /** Makes an adapter or a probe in another worker. */
  #copy(id: number, mate: Mate): Promise<Opened<unknown>> {
    const probe = this.#probes.get(id);
    if (probe !== undefined) return mate.call('probe', [probe]);
    const adapter = this.#adapter(id);
    const { head }: AdapterInfo = JSON.parse(adapter.info());
    return mate.call('attach', [{ bytes: adapter.export() }, true, head ?? undefined]);
  }

  /** Texts as a probe sees them, by the options of an answer. */
  #read(id: number, texts: string[], options: string, signal: AbortSignal): Promise<wasm.TextVectors[]> {
    const here = async ({ group }: Group<string>) => this.#probe(id).read(group, options);
    const there = async (mate: Mate, { group }: Group<string>, own: number) =>
      this.#probe(id).read(group, options, await mate.call('values', [own, group, options], { signal }));
    return this.#work.inGroups(texts, signal, here, { there, id });
  }
}

async function hasher(): Promise<wasm.Sha256> {
  await ready();
  return new wasm.Sha256();
}
