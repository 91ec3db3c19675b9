// The worker's side of the protocol: a message in is a call of the engine.
import { Engine } from './engine.js';
import { GraftworkError, toError } from './errors.js';
import { provide } from './module.js';
import type { Calls, Method, Request, Response } from './protocol.js';

const engine = new Engine(another);
const calls = new Map<number, { abort: AbortController; ready: () => void }>();
const scope = globalThis as unknown as {
  postMessage(message: Response, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<Request>) => void) | null;
};

scope.onmessage = ({ data }) => {
  if (data.kind === 'module') return provide(data.module);
  const call = calls.get(data.id);
  if (data.kind === 'abort') {
    call?.abort.abort();
    call?.ready();
  } else if (data.kind === 'ready') {
    call?.ready();
  } else {
    void answer(data.id, data.method, data.args as Calls[Method]['args']);
  }
};

/** Starts this script once more. A bundler may have made a script of it that is no module. */
function another(): Worker {
  const { location, importScripts } = globalThis as unknown as { location: Location; importScripts: () => void };
  let type: WorkerType = 'classic';
  try {
    importScripts();
  } catch {
    type = 'module';
  }
  return new Worker(location.href, { type, name: 'graftwork' });
}

async function answer(id: number, method: Method, args: Calls[Method]['args']): Promise<void> {
  const call = { abort: new AbortController(), ready: () => {} };
  calls.set(id, call);
  const emit = (event: unknown) => new Promise<void>((resolve) => {
    call.ready = resolve;
    if (call.abort.signal.aborted) resolve();
    scope.postMessage({ kind: 'event', id, event });
  });
  try {
    const result = await engine.call(method, args, { signal: call.abort.signal, emit });
    scope.postMessage({ kind: 'result', id, result }, ArrayBuffer.isView(result) ? [result.buffer] : []);
  } catch (thrown) {
    const error = toError(thrown);
    // The caller knows why it aborted.
    const code = error instanceof GraftworkError ? error.code : 'aborted';
    scope.postMessage({ kind: 'error', id, code, message: error.message });
  } finally {
    calls.delete(id);
  }
}
