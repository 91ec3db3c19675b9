import type { FetchOptions, Hasher } from './cache.js';
import { fetchFile } from './cache.js';
import { GraftworkError } from './errors.js';
import type { BackboneFiles, BackboneSource, Bytes, LoadOptions, LoadProgress } from './types.js';

/** A backbone's files, in the order in which they are fetched: what is small and may be wrong comes first. */
const FILES = { config: 'config.json', tokenizer: 'tokenizer.json', weights: 'model.safetensors' } as const;
const KEYS = ['config', 'tokenizer', 'weights'] as const;

/** A source as it can be sent to a worker: a folder's URL, or files. */
export type PlainSource = { folder: string } | { files: BackboneFiles };

/** Options of a load as they can be sent to a worker. */
export interface PlainLoad {
  device: NonNullable<LoadOptions['device']>;
  cache: boolean;
  integrity: Partial<Record<string, string>>;
}

/** What a caller named, as it can be sent to a worker. URLs become absolute here: a worker has another base. */
export function plainSource(source: BackboneSource, options: LoadOptions): PlainSource {
  if (source instanceof URL) return { folder: folder(source.href) };
  if (typeof source === 'string') {
    const isHubId = /^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(source);
    if (!isHubId) return { folder: folder(absolute(source).href) };
    const endpoint = folder(absolute(options.endpoint ?? 'https://huggingface.co').href);
    const revision = encodeURIComponent(options.revision ?? 'main');
    return { folder: `${endpoint}${source}/resolve/${revision}/` };
  }
  if (Symbol.iterator in source) return { files: byName(source) };
  for (const key of KEYS) {
    if (!isBytes(source[key])) throw new GraftworkError('bad-option', `the backbone's \`${key}\` is missing`);
  }
  return { files: { config: source.config, tokenizer: source.tokenizer, weights: source.weights } };
}

/** Options without what only the page has. */
export function plainLoad(options: LoadOptions): PlainLoad {
  const { device = 'auto', cache = true, integrity = {} } = options;
  if (!['auto', 'gpu', 'cpu'].includes(device)) throw new GraftworkError('bad-option', `unknown device \`${device}\``);
  return { device, cache, integrity: typeof integrity === 'string' ? { [FILES.weights]: integrity } : integrity };
}

/** Gets all files, downloading what is not at hand. */
export async function openSource(
  source: PlainSource,
  load: PlainLoad,
  signal: AbortSignal,
  hasher: () => Hasher,
  onProgress: (progress: LoadProgress) => void,
): Promise<Record<keyof BackboneFiles, Blob>> {
  const found: Partial<Record<keyof BackboneFiles, Blob>> = {};
  let before = 0;
  for (const key of KEYS) {
    const file = FILES[key];
    if ('files' in source) {
      found[key] = new Blob([source.files[key] as BlobPart]);
      if (load.integrity[file] !== undefined) await checkDigest(file, found[key], load.integrity[file], hasher());
      continue;
    }
    const onBytes: FetchOptions['onBytes'] = (loaded, total, cached) => {
      // The small files come first; what is known of the large one is as good as all.
      const all = key === 'weights' && total !== undefined ? before + total : undefined;
      onProgress({ phase: 'download', file, loaded: before + loaded, total: all, cached });
    };
    const sha256 = load.integrity[file];
    found[key] = await fetchFile(new URL(file, source.folder), { signal, cache: load.cache, sha256, hasher, onBytes });
    before += found[key].size;
  }
  return found as Record<keyof BackboneFiles, Blob>;
}

/** Compares a file with its digest. */
async function checkDigest(file: string, blob: Blob, sha256: string, hasher: Hasher): Promise<void> {
  try {
    for await (const chunk of blob.stream()) hasher.update(chunk);
    const found = hasher.hex();
    if (found === sha256.toLowerCase()) return;
    throw new GraftworkError('integrity', `${file} has SHA-256 ${found}, not ${sha256}`);
  } finally {
    hasher.free();
  }
}

/** An address against the page's. */
export function absolute(address: string): URL {
  try {
    return new URL(address, globalThis.document?.baseURI ?? globalThis.location?.href);
  } catch (error) {
    throw new GraftworkError('bad-option', `\`${address}\` is neither a URL nor a hub id`, { cause: error });
  }
}

/** Whether something holds bytes. */
export function isBytes(value: unknown): value is Bytes {
  return value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof Blob;
}

/** The bytes in whatever holds them. */
export async function bytesOf(value: Bytes): Promise<Uint8Array> {
  if (value instanceof Uint8Array) return value;
  return new Uint8Array(value instanceof Blob ? await value.arrayBuffer() : value);
}

function byName(files: Iterable<File>): BackboneFiles {
  const all = new Map([...files].map((file) => [file.name, file]));
  const get = (key: keyof BackboneFiles): File => {
    const file = all.get(FILES[key]);
    if (file === undefined) throw new GraftworkError('bad-option', `the file ${FILES[key]} is missing`);
    return file;
  };
  return { config: get('config'), tokenizer: get('tokenizer'), weights: get('weights') };
}

function folder(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
