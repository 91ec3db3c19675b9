// Answers to inputs that come one by one.
import { characters, pause } from './queue.js';

/** Characters that go to the engine together, roughly: there are never more in memory, however long the source. */
const MOST = 8192;

/** A list of inputs, or what gives them one by one. */
export type Inputs<I> = readonly I[] | AsyncIterable<I>;

/** Whether it is a source of inputs rather than a list of them. */
function isSource<I>(inputs: Inputs<I>): inputs is AsyncIterable<I> {
  return typeof (inputs as Partial<AsyncIterable<I>> | undefined)?.[Symbol.asyncIterator] === 'function';
}

/** Answers a list at once, or a source little by little; `answer` hears how many inputs came before. */
export function answers<I, A>(
  inputs: Inputs<I>,
  answer: (some: readonly I[], first: number) => Promise<A[]>,
  signal: AbortSignal | undefined,
): Promise<A[]> | AsyncGenerator<A, void, undefined> {
  return isSource(inputs) ? oneByOne(inputs, answer, signal) : answer(inputs, 0);
}

/**
 * Answers what a source gives, in its order: what is there at once goes to the engine together, and what comes slowly is
 * not waited for. The source is read while somebody asks for answers, and closed when nobody does any more.
 */
async function* oneByOne<I, A>(
  inputs: AsyncIterable<I>,
  answer: (some: readonly I[], first: number) => Promise<A[]>,
  signal: AbortSignal | undefined,
): AsyncGenerator<A, void, undefined> {
  signal?.throwIfAborted();
  const source = inputs[Symbol.asyncIterator]();
  try {
    let next = source.next();
    for (let [done, first] = [false, 0]; !done; ) {
      const some: I[] = [];
      let size = 0;
      let turn: IteratorResult<I> | void = await unless(signal, next);
      while (turn !== undefined && !(done = turn.done === true)) {
        some.push(turn.value);
        size += characters(turn.value) + 1;
        next = source.next();
        // Whoever leaves now does not hear of its failure.
        next.catch(() => undefined);
        turn = size < MOST ? await Promise.race([next, pause()]) : undefined;
      }
      if (some.length > 0) yield* await answer(some, first);
      first += some.length;
    }
  } finally {
    // One that still waits for an input may close only after that.
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
