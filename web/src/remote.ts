import type { ErrorCode } from './errors.js';
import { GraftworkError } from './errors.js';
import type { Calls, Context, Link, Method, Request, Response } from './protocol.js';
import { disposed } from './protocol.js';

interface Pending {
  resolve(result: unknown): void;
  reject(error: unknown): void;
  emit: ((event: never) => Promise<void>) | undefined;
}

/** An engine in a worker of its own. */
export class Remote implements Link {
  #worker: Worker;
  #pending = new Map<number, Pending>();
  #nextId = 1;
  #ended: GraftworkError | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#worker.onmessage = ({ data }: MessageEvent<Response>) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      const reason = event.message ?? 'it could not be started; the README says what some bundlers need';
      this.#end(new GraftworkError('internal', `graftwork's worker failed: ${reason}`));
    };
  }

  call<M extends Method>(
    method: M,
    args: Calls[M]['args'],
    { signal, emit }: Partial<Context<M>> = {},
  ): Promise<Calls[M]['result']> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = this.#nextId++;
    return new Promise<unknown>((resolve, reject) => {
      const abort = () => this.#send({ kind: 'abort', id });
      const settled = <T>(then: (value: T) => void) => (value: T) => {
        signal?.removeEventListener('abort', abort);
        then(value);
      };
      const failed = (error: unknown) => reject(signal?.aborted ? signal.reason : error);
      // What cannot be sent throws, and is not waited for.
      this.#send({ kind: 'call', id, method, args });
      this.#pending.set(id, { resolve: settled(resolve), reject: settled(failed), emit });
      signal?.addEventListener('abort', abort, { once: true });
    }) as Promise<Calls[M]['result']>;
  }

  /** Gives the worker the compiled module, before its first call. */
  provide(module: WebAssembly.Module): void {
    this.#send({ kind: 'module', module });
  }

  close(): void {
    this.#end(disposed('backbone'));
  }

  #send(request: Request): void {
    this.#worker.postMessage(request);
  }

  #receive(response: Response): void {
    const call = this.#pending.get(response.id);
    if (call === undefined) return;
    if (response.kind === 'event') {
      const ready = () => this.#send({ kind: 'ready', id: response.id });
      void (call.emit?.(response.event as never) ?? Promise.resolve()).then(ready, ready);
      return;
    }
    this.#pending.delete(response.id);
    if (response.kind === 'result') call.resolve(response.result);
    else call.reject(new GraftworkError(response.code as ErrorCode, response.message));
  }

  #end(error: GraftworkError): void {
    this.#ended ??= error;
    this.#worker.terminate();
    for (const call of this.#pending.values()) call.reject(this.#ended);
    this.#pending.clear();
  }
}
