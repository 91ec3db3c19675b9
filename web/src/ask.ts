import type { Calls, Context, Link, Method } from './protocol.js';

/** What a caller may want beside the result. */
interface Wishes<M extends Method> {
  /** Gets what the engine tells meanwhile. */
  emit?: Context<M>['emit'];
  /** Gets a result that comes after the caller has left. */
  late?: (result: Calls[M]['result']) => void;
}

/** Calls an engine; when `signal` aborts, the caller leaves at once with its reason, whatever the engine is doing. */
export async function ask<M extends Method>(
  link: Link,
  method: M,
  args: Calls[M]['args'],
  signal: AbortSignal | undefined,
  { emit, late }: Wishes<M> = {},
): Promise<Calls[M]['result']> {
  signal?.throwIfAborted();
  const call = link.call(method, args, { ...(signal && { signal }), ...(emit && { emit }) });
  if (signal === undefined) return call;
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    const settle = (result: Calls[M]['result']) => (signal.aborted ? late?.(result) : resolve(result));
    void call.then(settle, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
