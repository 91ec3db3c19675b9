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
  const other = given ?? (knowsRelaxedSimd() ? relaxed() : undefined);
  await init(other && { module_or_path: other });
  onPanic((message: string) => {
    broken = new GraftworkError('internal', message);
    for (const end of ends) end(broken);
    ends.clear();
  });
}

/** The module for engines with relaxed SIMD. Written so that bundlers take it along, as the generated code does for the other one. */
function relaxed(): URL {
  return new URL('graftwork_web_relaxed.wasm', import.meta.url);
}

/** One instruction that it does not know, and an engine refuses a module: a small one asks. */
function knowsRelaxedSimd(): boolean {
  // (module (func i32.const 0 i32x4.splat i32.const 0 i32x4.splat i32.const 0 i32x4.splat i32x4.relaxed_dot_i8x16_i7x16_add_s drop))
  const zeros = [0x41, 0, 0xfd, 0x11];
  const code = [0, ...zeros, ...zeros, ...zeros, 0xfd, 0x93, 2, 0x1a, 0x0b];
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0];
  return WebAssembly.validate(Uint8Array.of(...header, 10, code.length + 2, 1, code.length, ...code));
}
