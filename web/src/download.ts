import type { FetchOptions } from './cache.js';
import { GraftworkError } from './errors.js';
import { Broken, Parts } from './parts.js';
import type { Slot } from './store.js';

/** Waits before a broken download is taken up again, in milliseconds; after the last one it has failed. */
const DELAYS = [300, 1000, 3000];
/** After so many milliseconds without a byte a connection counts as broken. */
const STALLED = 60_000;
/** Answers of a server that is out of order or overworked, but may not be for long. */
const BUSY = [408, 429, 500, 502, 503, 504];
/** Answers of a server that does not have the file; some object stores say 403. */
const ABSENT = [403, 404, 410];

/**
 * Downloads a file into its place in the cache, or into memory where there is none. It goes on from what an earlier
 * call left there, and takes up a connection that breaks. Nothing if it is optional and not there.
 */
export async function download(url: URL, slot: Slot | undefined, options: FetchOptions): Promise<Blob | undefined> {
  const { signal } = options;
  const parts = new Parts(url, slot, options);
  try {
    await parts.resume();
    const resumed = parts.size;
    // `If-Range` makes other origins ask for permission first; there the answer is compared instead.
    const how = { ifRange: url.origin === globalThis.location?.origin, range: true, resumed };
    let furthest = parts.size;
    for (let failures = 0; ;) {
      try {
        if (!parts.complete && !(await receive(url, parts, how, options))) return undefined;
        return await parts.finish();
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof Broken)) throw error;
        if (parts.size > furthest) failures = 0;
        furthest = Math.max(furthest, parts.size);
        const delay = DELAYS[failures++];
        if (delay === undefined) throw error;
        // Something about going on may be what fails, such as an object store that compresses pieces.
        how.range = failures < DELAYS.length;
        await wait(delay, signal);
      }
    }
  } catch (error) {
    const full = error instanceof GraftworkError && error.code === 'quota';
    await (full ? parts.clear() : parts.leave()).catch(() => parts.clear()).catch(() => undefined);
    throw error;
  } finally {
    parts.free();
  }
}

/** How the server is asked. */
interface How {
  /** For the rest, with `If-Range` or without. */
  range: boolean;
  ifRange: boolean;
  /** What an earlier call had left, while that counts. */
  resumed: number;
}

/** One answer of the server, from where `parts` ends; false if it does not have the file and that is no error. */
async function receive(
  url: URL,
  parts: Parts,
  how: How,
  options: FetchOptions,
): Promise<boolean> {
  if (parts.note.validator === undefined) await parts.clear();
  const stall = new AbortController();
  let timer = setTimeout(() => stall.abort(), STALLED);
  const signal = AbortSignal.any(options.signal === undefined ? [stall.signal] : [stall.signal, options.signal]);
  const report = () => {
    const { size, note: { total = -1 } } = parts;
    options.onBytes(size, size > total ? undefined : total, false, how.resumed);
  };
  const from = how.range ? parts.size : 0;
  try {
    const response = await ask(url, from, parts.note.validator, how, signal, options.cache);
    if (from > 0 && (response.status === 416 || (response.status === 206 && !continues(response, parts, how.ifRange)))) {
      stall.abort();
      await parts.clear();
      return await receive(url, parts, how, options);
    }
    const page = response.ok && /^text\/html\b/.test(response.headers.get('Content-Type') ?? '');
    if (page || ABSENT.includes(response.status)) {
      stall.abort();
      if (options.optional) return false;
    }
    // Servers of single-page applications answer with the application.
    if (page) throw new GraftworkError('network', `cannot download ${url.href}: the server sends a web page instead`);
    if (!response.ok) {
      const problem = BUSY.includes(response.status) ? Broken : GraftworkError;
      throw new problem('network', `cannot download ${url.href}: HTTP ${response.status}`);
    }
    if (response.status === 206) {
      parts.mixed = true;
    } else {
      await parts.begin(totalOf(response), validatorOf(response));
      how.resumed = 0;
    }
    report();
    const body = response.body?.getReader();
    for (let next = await body?.read(); next?.value !== undefined; next = await body?.read()) {
      clearTimeout(timer);
      await parts.add(next.value);
      timer = setTimeout(() => stall.abort(), STALLED);
      report();
    }
    await checkEnd(url, parts, response);
    return true;
  } catch (error) {
    if (error instanceof GraftworkError) throw error;
    throw new Broken('network', `the download of ${url.href} broke off after ${parts.size} bytes`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function ask(
  url: URL,
  from: number,
  validator: string | undefined,
  how: How,
  signal: AbortSignal,
  cache: boolean,
): Promise<Response> {
  const headers: Record<string, string> = {};
  if (from > 0) headers['Range'] = `bytes=${from}-`;
  if (from > 0 && how.ifRange && validator !== undefined) headers['If-Range'] = validator;
  try {
    // The HTTP cache would keep everything a second time.
    return await fetch(url, { headers, signal, cache: cache ? 'no-store' : 'default' });
  } catch (error) {
    // A redirection to another origin may be the reason.
    how.ifRange = false;
    throw new Broken('network', `cannot download ${url.href}`, { cause: error });
  }
}

/** Whether a partial answer goes on where `parts` ends, in the same file. */
function continues(response: Response, parts: Parts, ifRange: boolean): boolean {
  const { headers } = response;
  const validator = validatorOf(response);
  // The answer to `If-Range` need not repeat it.
  if (validator === undefined ? !ifRange : validator !== parts.note.validator) return false;
  const range = headers.get('Content-Range');
  const length = headers.get('Content-Length');
  let total: number | undefined;
  if (range === null) {
    // Other origins hide it unless told otherwise, but not the length.
    total = length === null ? -1 : parts.size + Number(length);
    if (parts.note.total === undefined) return false;
  } else {
    const [, first, all] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range) ?? [];
    if (Number(first) !== parts.size) return false;
    total = all === '*' ? undefined : Number(all);
  }
  parts.note.total ??= total;
  return headers.get('Content-Encoding') === null && (total ?? parts.note.total) === parts.note.total;
}

/** Whether the end of the answer was the end of the file. */
async function checkEnd(url: URL, parts: Parts, response: Response): Promise<void> {
  const { total } = parts.note;
  if (total === undefined || parts.size === total) return;
  const message = `${url.href} ended after ${parts.size} of ${total} bytes`;
  if (parts.size < total) throw new Broken('network', message);
  // Other origins hide that an answer was compressed, so that its length is that of something else.
  if (response.type === 'cors' && response.status === 200) {
    parts.note.total = undefined;
    return;
  }
  await parts.clear();
  throw new Broken('network', message);
}

function totalOf({ headers }: Response): number | undefined {
  const length = headers.get('Content-Encoding') === null ? headers.get('Content-Length') : null;
  return length === null ? undefined : Number(length);
}

/** What `If-Range` may name: a strong ETag, else a date. A compressed answer cannot be gone on with. */
function validatorOf({ headers }: Response): string | undefined {
  if (headers.get('Content-Encoding') !== null) return undefined;
  const tag = headers.get('ETag');
  return (tag?.startsWith('"') ? tag : headers.get('Last-Modified')) ?? undefined;
}

function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
