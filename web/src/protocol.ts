import { GraftworkError } from './errors.js';
import type { PlainLoad, PlainSource } from './source.js';
import type {
  AdapterInfo, BackboneInfo, Bytes, Classification, DeviceEvent, LoadProgress, Memory, ProbeInfo,
  Survey, Task, TrainProgress,
} from './types.js';

/** An adapter, or a probe, that the engine holds. */
export interface Opened<Info = AdapterInfo> {
  id: number;
  info: Info;
}

/** An adapter's source as it can be sent to a worker. */
export type PlainAdapter = { url: string; load: PlainLoad } | { name?: string; bytes: Bytes }
  | { files: { readonly [file: string]: Bytes } };

/** Examples of a head; `dev` is there if the caller brought his own. */
export interface PlainExamples {
  train: unknown[];
  dev?: unknown[] | undefined;
  /** Those of other heads, by name. */
  and?: Record<string, PlainExamples> | undefined;
}

/** A training run. */
export interface PlainRun {
  examples: PlainExamples;
  /** What the engine knows of the options. */
  options: object;
  /** Into how many shares its batches are cut: the result depends on it, but not on who computes them. */
  shares?: number;
  /** The name under which it is saved, if it is. */
  saveAs?: string | undefined;
  /** Seconds between two saves. */
  saveEvery: number;
}

/** What the engine does. Everything here can be cloned, so that it may run in a worker. */
export interface Calls {
  load: { args: [PlainSource, PlainLoad]; event: LoadProgress; result: BackboneInfo };
  /** Uploads an adapter, perhaps of another backbone; of several heads, that of a name answers and learns. */
  attach: { args: [PlainAdapter, boolean, string | undefined]; event: never; result: Opened };
  /** The same adapter with another head in use. */
  head: { args: [number, string]; event: never; result: Opened };
  /** Makes an adapter, perhaps beginning with the modules of another one. */
  create: { args: [object, number | undefined]; event: never; result: Opened };
  /** What an adapter says to inputs of a task, before which so many came that messages count too. */
  answer: { args: [number, Task, unknown[], number, object]; event: never; result: unknown[] };
  /** What a probe says to texts. */
  classify: { args: [number, string[], object]; event: never; result: Classification[] };
  embed: {
    args: [number | undefined, string[], object];
    event: never;
    result: { values: Float32Array; counts: Uint32Array };
  };
  /** Takes a saved run's adapter; training it without a run then goes on with that one. */
  resume: { args: [string]; event: never; result: Opened };
  train: { args: [number, PlainRun | undefined]; event: TrainProgress[]; result: AdapterInfo };
  /** Has a part in another worker's run of this number, of an adapter's file, until that ends it. */
  help: { args: [number, Uint8Array, PlainRun]; event: never; result: void };
  /** The gradient of a share of a batch of that run: takes the order that the run's trainer gives. */
  share: { args: [number, Float32Array]; event: never; result: Float32Array };
  export: { args: [number]; event: never; result: Uint8Array };
  survey: { args: [string[], object]; event: never; result: Survey };
  probe: { args: [object]; event: never; result: Opened<ProbeInfo> };
  /** What texts are to a probe, for the probe of another worker. */
  values: { args: [number, string[], string]; event: never; result: Float32Array };
  /** Adds texts and their labels to a probe. */
  learn: { args: [number, string[], string[]]; event: never; result: ProbeInfo };
  /** Takes an example out of a probe, or gives it another label. */
  forget: { args: [number, number, string | undefined]; event: never; result: ProbeInfo };
  /** A probe as an adapter of this name. */
  adapter: { args: [number, string | undefined]; event: never; result: Opened };
  memory: { args: []; event: never; result: Memory };
  /** Tells of lost devices until the engine is closed. */
  watch: { args: []; event: DeviceEvent; result: never };
  dispose: { args: [number]; event: never; result: void };
}

/** The name of a call. */
export type Method = keyof Calls;

/** What a call has beside its arguments. */
export interface Context<M extends Method> {
  signal: AbortSignal;
  /** Tells the caller something; resolves when he wants more. */
  emit: (event: Calls[M]['event']) => Promise<void>;
}

/** A way to an engine, here or in a worker. */
export interface Link {
  call<M extends Method>(method: M, args: Calls[M]['args'], context?: Partial<Context<M>>): Promise<Calls[M]['result']>;
  /** Ends the engine; calls in progress reject. */
  close(): void;
}

/** To the worker. */
export type Request =
  | { kind: 'module'; module: WebAssembly.Module }
  | { kind: 'call'; id: number; method: Method; args: unknown[] }
  | { kind: 'abort'; id: number }
  | { kind: 'ready'; id: number };

/** From the worker. */
export type Response =
  | { kind: 'event'; id: number; event: unknown }
  | { kind: 'result'; id: number; result: unknown }
  | { kind: 'error'; id: number; code: string; message: string };

/** The error of calls to what was disposed of. */
export function disposed(what: string): GraftworkError {
  return new GraftworkError('disposed', `the ${what} was disposed of`);
}
