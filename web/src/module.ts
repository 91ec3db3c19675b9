// The WebAssembly module of this thread. It cannot unwind: after a panic it is unusable, and none of its promises settles.
import { GraftworkError } from './errors.js';
import init, { module, onPanic } from './wasm/graftwork_web.js';

let given: WebAssembly.Module | undefined;
let starting: Promise<void> | undefined;
let broken: GraftworkError | undefined;
/** Of all work in progress, what ends it when the module breaks. */
const ends = new Set<(error: GraftworkError) => void>();

/**
 * Does some work with the module; rejects when the module breaks meanwhile, or is broken. Work that has ended is not
 * known here any more: a race against one promise for all would keep every result alive with it. Work that is `early`
 * begins before the module is there, and waits for it by `ready`.
 */
export function withModule<T>(work: () => Promise<T>, early = false): Promise<T> {
  const begin = async () => {
    if (!early) await ready();
    return work();
  };
  return new Promise<T>((resolve, reject) => {
    ends.add(reject);
    void begin().then(resolve, reject).finally(() => ends.delete(reject));
  });
}

/** Takes the module that another thread has compiled, before any work. */
export function provide(module: WebAssembly.Module): void {
  given = module;
}

/** The module, for another thread. */
export function compiled(): WebAssembly.Module {
  return module() as WebAssembly.Module;
}

/** Resolves when the module can be used; rejects if it is broken, or cannot be had. */
export async function ready(): Promise<void> {
  starting ??= start();
  // What could not be downloaded is asked for again.
  await starting.catch((error: unknown) => (starting = undefined, Promise.reject(error)));
  if (broken !== undefined) throw broken;
}

async function start(): Promise<void> {
  await (given === undefined ? init() : init({ module_or_path: given }));
  onPanic((message: string) => {
    broken = new GraftworkError('internal', message);
    for (const end of ends) end(broken);
    ends.clear();
  });
}
