// Answers to texts that come one by one.
import { bad } from './examples.js';
import { characters, pause } from './queue.js';

/** Characters that go to the engine together, roughly: there are never more in memory, however long the source. */
const MOST = 8192;

/** Whether it is a source of texts rather than a list of them. */
export function isSource(texts: readonly string[] | AsyncIterable<string>): texts is AsyncIterable<string> {
  return typeof (texts as Partial<AsyncIterable<string>> | undefined)?.[Symbol.asyncIterator] === 'function';
}

/**
 * Answers what a source gives, in its order: what is there at once goes to the engine together, and what comes slowly is
 * not waited for. The source is read while somebody asks for answers, and closed when nobody does any more.
 */
export async function* answers<A>(
  texts: AsyncIterable<string>,
  answer: (some: string[]) => Promise<A[]>,
  signal: AbortSignal | undefined,
): AsyncGenerator<A, void, undefined> {
  signal?.throwIfAborted();
  const source = texts[Symbol.asyncIterator]();
  try {
    let next = source.next();
    for (let done = false; !done; ) {
      const some: string[] = [];
      let size = 0;
      let turn: IteratorResult<string> | void = await unless(signal, next);
      while (turn !== undefined && !(done = turn.done === true)) {
        if (typeof turn.value !== 'string') throw bad('texts must be strings');
        some.push(turn.value);
        size += characters(turn.value) + 1;
        next = source.next();
        // Whoever leaves now does not hear of its failure.
        next.catch(() => undefined);
        turn = size < MOST ? await Promise.race([next, pause()]) : undefined;
      }
      if (some.length > 0) yield* await answer(some);
    }
  } finally {
    // One that still waits for a text may close only after that.
    source.return?.().catch(() => undefined);
  }
}

/** What a promise gives, unless the signal aborts before. (`Promise.race` would keep every result alive with the signal.) */
async function unless<T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
