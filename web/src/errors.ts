/**
 * What went wrong. Codes are stable, messages are for people and may change.
 *
 * | code | what happened |
 * |---|---|
 * | `bad-option` | an option is unknown, of the wrong type or out of its range |
 * | `bad-backbone` | the backbone's files are damaged, incomplete or of a kind that is not supported |
 * | `bad-adapter` | the adapter's file is damaged or of a kind that is not supported |
 * | `wrong-backbone` | the adapter does not fit this backbone, or was trained on other weights |
 * | `bad-examples` | there are no examples, or one is no such or has a label that the adapter does not know |
 * | `no-head` | the adapter has no head |
 * | `wrong-task` | the adapter is for another task, such as tagging words where texts were to be classified |
 * | `diverged` | the training loss is no longer a number: lower the learning rate |
 * | `no-gpu` | the GPU was asked for, but there is none that a page may use |
 * | `device-lost` | the GPU went away, and none came back |
 * | `out-of-memory` | the GPU has not enough memory |
 * | `gpu` | the GPU refused a command |
 * | `network` | a file could not be downloaded |
 * | `integrity` | a file is not the one whose SHA-256 was given |
 * | `quota` | the browser's storage is full: `clearCache()` frees some; `cache: false`, or no `saveAs`, needs none |
 * | `storage` | the browser gives this page no storage for runs |
 * | `no-run` | there is no saved run of that name |
 * | `bad-run` | the saved run is damaged, or of another version: delete it |
 * | `busy` | the adapter is being trained, or the saved run is in use, perhaps in another tab |
 * | `disposed` | the object was disposed of |
 * | `internal` | a bug in graftwork; the backbone has to be loaded again |
 */
export type ErrorCode =
  | 'bad-option' | 'bad-backbone' | 'bad-adapter' | 'wrong-backbone' | 'bad-examples' | 'no-head' | 'wrong-task'
  | 'diverged'
  | 'no-gpu' | 'device-lost' | 'out-of-memory' | 'gpu' | 'network' | 'integrity' | 'quota' | 'storage' | 'no-run'
  | 'bad-run' | 'busy' | 'disposed' | 'internal';

/** Every error of this package, except that an aborted call rejects with its signal's reason. */
export class GraftworkError extends Error {
  /** Tells it from other errors, also where `instanceof` cannot. */
  override readonly name = 'GraftworkError';

  constructor(
    /** What kind of error it is. */
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Anything that was thrown, as an error of this package; aborts stay what they are. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof GraftworkError) return thrown;
  if (thrown instanceof DOMException && thrown.name === 'AbortError') return thrown;
  const code = codeOf(thrown);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new GraftworkError(typeof code === 'string' ? (code as ErrorCode) : 'internal', message, { cause: thrown });
}

/** The code of anything that was thrown, if it has one. */
export function codeOf(thrown: unknown): unknown {
  return (thrown as { code?: unknown } | null)?.code;
}
