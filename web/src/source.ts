import { GraftworkError } from './errors.js';
import type { PlainAdapter } from './protocol.js';
import type { AdapterSource, BackboneFiles, BackboneSource, Bytes, LoadAdapterOptions, LoadOptions } from './types.js';

/** What the parts of `BackboneFiles` are called on disk. */
const FILES = { config: 'config.json', tokenizer: 'tokenizer.json', weights: 'model.safetensors' } as const;

/** Files by name. */
type Files = { readonly [file: string]: Bytes };

/** A source as it can be sent to a worker: a folder's URL, or files by name. */
export type PlainSource = { folder: string } | { files: Files };

/** Options of a load as they can be sent to a worker. */
export interface PlainLoad {
  device: NonNullable<LoadOptions['device']>;
  dtype?: LoadOptions['dtype'] | undefined;
  /** Workers that compute at the same time, on a CPU. Default 1. */
  threads?: number;
  cache: boolean;
  /** Hashes all of the weights, whatever is known of them. */
  verify?: boolean;
  /** What another worker found the weights to be. */
  known?: string;
  /** Digests by file name. */
  integrity: Partial<Record<string, string>>;
}

/** What a caller named, as it can be sent to a worker. URLs become absolute here: a worker has another base. */
export function plainSource(source: BackboneSource, options: LoadOptions): PlainSource {
  if (typeof source === 'string' || source instanceof URL) return { folder: folder(sourceUrl(source, options)) };
  if (Symbol.iterator in source) {
    return { files: Object.fromEntries([...(source as Iterable<File>)].map((file) => [file.name, file])) };
  }
  if (!('config' in source)) return { files: allBytes(source, 'a backbone is a URL, a hub id, or files by name') };
  for (const key of Object.keys(FILES) as (keyof BackboneFiles)[]) {
    if (!isBytes(source[key])) throw new GraftworkError('bad-option', `the backbone's \`${key}\` is missing`);
  }
  const parts = Object.entries(FILES).map(([key, file]) => [file, source[key as keyof BackboneFiles]]);
  return { files: Object.fromEntries(parts) };
}

/** The same for an adapter. */
export function plainAdapter(source: AdapterSource, options: LoadAdapterOptions): PlainAdapter {
  if (isBytes(source)) return { bytes: source };
  const what = 'an adapter is a URL, a hub id, bytes, or files by name';
  if (typeof source !== 'string' && !(source instanceof URL)) return { files: allBytes(source, what) };
  // `adapters/spam.safetensors` is a file beside the page, not somebody's repository.
  const isFile = typeof source === 'string' && /\.(safetensors|bin)$/.test(source);
  const url = isFile ? absolute(source).href : sourceUrl(source, options);
  const { cache = true, integrity = {} } = options;
  const name = /[^/]*$/.exec(new URL(url).pathname)?.[0] || 'adapter.safetensors';
  const digests = typeof integrity === 'string' ? { [decodeURIComponent(name)]: integrity } : integrity;
  return { url, load: { device: 'auto', cache, integrity: digests } };
}

/** Options without what only the page has. */
export function plainLoad(options: LoadOptions): PlainLoad {
  const { device = 'auto', dtype, threads = 'auto', worker = true, cache = true, verify = false, integrity = {} } = options;
  if (!['auto', 'gpu', 'cpu'].includes(device)) throw new GraftworkError('bad-option', `unknown device \`${device}\``);
  const digests = typeof integrity === 'string' ? { [FILES.weights]: integrity } : integrity;
  if (threads !== 'auto' && !(Number.isInteger(threads) && threads >= 1 && (worker || threads === 1))) {
    throw new GraftworkError('bad-option', "threads must be auto, or a whole number from 1 on, and 1 with `worker: false`");
  }
  return { device, dtype, threads: threads === 'auto' ? automatic(worker) : threads, cache, verify, integrity: digests };
}

/** The most threads that nobody asked for: each holds the backbone once more. */
const MOST_THREADS = 4;
/** Gigabytes of memory below which nobody does. */
const LEAST_MEMORY = 4;

/** Threads where nobody chooses: half of the processor's, of which two often share a core, and one on small devices. */
function automatic(worker: boolean): number {
  const here = globalThis.navigator as Navigator & { deviceMemory?: number };
  if (!worker || /Mobi|Android/.test(here.userAgent) || (here.deviceMemory ?? LEAST_MEMORY) < LEAST_MEMORY) return 1;
  return Math.max(1, Math.min(MOST_THREADS, Math.floor((here.hardwareConcurrency ?? 1) / 2)));
}

/** The address that a URL or hub id stands for; a hub id's ends in `/`. */
export function sourceUrl(source: string | URL, options: { endpoint?: string; revision?: string }): string {
  const isHubId = typeof source === 'string' && /^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(source);
  if (!isHubId) return absolute(String(source)).href;
  const endpoint = folder(absolute(options.endpoint ?? 'https://huggingface.co').href);
  return `${endpoint}${source}/resolve/${encodeURIComponent(options.revision ?? 'main')}/`;
}

/** An address against the page's. */
function absolute(address: string): URL {
  try {
    return new URL(address, globalThis.document?.baseURI ?? globalThis.location?.href);
  } catch (error) {
    throw new GraftworkError('bad-option', `\`${address}\` is neither a URL nor a hub id`, { cause: error });
  }
}

/** Whether something holds bytes. */
function isBytes(value: unknown): value is Bytes {
  return value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof Blob;
}

function allBytes(files: object, what: string): Files {
  if (files === null || typeof files !== 'object' || !Object.values(files).every(isBytes)) {
    throw new GraftworkError('bad-option', what);
  }
  return { ...files };
}

/** The bytes in whatever holds them. */
export async function bytesOf(value: Bytes): Promise<Uint8Array> {
  if (value instanceof Uint8Array) return value;
  return new Uint8Array(value instanceof Blob ? await value.arrayBuffer() : value);
}

function folder(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
