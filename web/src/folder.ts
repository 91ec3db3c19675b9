import type { FetchOptions, Hasher } from './cache.js';
import { fetchFile, rememberAbsent } from './cache.js';
import { GraftworkError } from './errors.js';
import type { PlainAdapter } from './protocol.js';
import type { PlainLoad, PlainSource } from './source.js';
import { Slot, openCache } from './store.js';
import type { LoadProgress } from './types.js';

const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
/** The most shards that are fetched. */
const MAX_SHARDS = 1000;
/** A shard is a file in the same folder. */
const SHARD = /^[\p{L}\p{N}_-][\p{L}\p{N}_.+ -]*\.safetensors$/u;

/** What is needed to get files. */
export interface Ways {
  signal: AbortSignal;
  hasher: () => Promise<Hasher>;
  onProgress: (progress: LoadProgress) => void;
}

/** A backbone's files by name, and where its weights, or their list, are in the cache, if they are. */
export interface OpenedBackbone {
  files: Map<string, Blob>;
  weights: Slot | undefined;
}

/** Gets all files of a backbone, downloading what is not at hand; what is small and may be wrong comes first. */
export async function openBackbone(source: PlainSource, load: PlainLoad, ways: Ways): Promise<OpenedBackbone> {
  const folder = new Folder(source, load, ways);
  await folder.need('config.json');
  const tokenizer = await folder.need(['tokenizer.json', 'vocab.txt', 'vocab.json']);
  if (tokenizer === 'vocab.json') await folder.need('merges.txt');
  await folder.first(['tokenizer_config.json']);
  const index = (await folder.need([WEIGHTS, INDEX])) === INDEX ? folder.found.get(INDEX) : undefined;
  if (index !== undefined) {
    const { shards, bytes } = readIndex(await index.text());
    const end = folder.bytes + bytes;
    for (const shard of shards) await folder.need(shard, { end: shard === shards.at(-1) ? 0 : end });
  }
  return { files: await folder.close(), weights: await folder.slot(index === undefined ? WEIGHTS : INDEX) };
}

/** Gets an adapter that is named by URL: a file, or AdapterHub's files in a folder, which ends in `/`. */
export async function openAdapter(
  { url, load }: Extract<PlainAdapter, { url: string }>,
  ways: Ways,
): Promise<Exclude<PlainAdapter, { url: string }>> {
  const address = new URL(url);
  if (!address.pathname.endsWith('/')) {
    const name = decodeURIComponent(address.pathname.slice(address.pathname.lastIndexOf('/') + 1));
    const folder = new Folder({ folder: url }, load, ways);
    await folder.need(name, { address });
    return { name: url, bytes: folder.found.get(name) as Blob };
  }
  const folder = new Folder({ folder: url }, load, ways);
  await folder.need('adapter_config.json');
  await folder.need(['adapter.safetensors', 'pytorch_adapter.bin']);
  if ((await folder.first(['head_config.json'])) !== undefined) {
    await folder.need(['model_head.safetensors', 'pytorch_model_head.bin']);
  }
  return { files: Object.fromEntries(await folder.close()) };
}

/** What is special about a file. */
interface Special {
  /** At least where the last byte of all files will be; by itself a file of weights is the last. */
  end?: number;
  /** Where it is, if not in the folder under its name. */
  address?: URL;
}

/** A folder of a server, or files at hand, out of which some are taken one by one. */
class Folder {
  readonly found = new Map<string, Blob>();
  /** Bytes of what was found so far. */
  bytes = 0;
  #absent: URL[] = [];
  #source: PlainSource;
  #load: PlainLoad;
  #ways: Ways;

  constructor(source: PlainSource, load: PlainLoad, ways: Ways) {
    this.#source = source;
    this.#load = load;
    this.#ways = ways;
  }

  /** Takes the first of some files that is there, and says which; an error if none is. */
  async need(file: string | string[], special: Special = {}): Promise<string> {
    const files = [file].flat();
    const name = await this.first(files, special, true);
    if (name !== undefined) return name;
    if ('files' in this.#source) throw new GraftworkError('bad-option', `the file ${files.join(' or ')} is missing`);
    throw new GraftworkError('network', `there is neither ${files.join(' nor ')} in ${this.#source.folder}`);
  }

  /** Takes the first of some files that is there, and says which. */
  async first(files: string[], special: Special = {}, needed = false): Promise<string | undefined> {
    for (const file of files) {
      const blob = await this.#get(file, special, needed && files.length === 1);
      if (blob === undefined) continue;
      this.found.set(file, blob);
      this.bytes += blob.size;
      return file;
    }
    return undefined;
  }

  /** All that was taken. That files were not there is remembered only now: it may have been the wrong folder. */
  async close(): Promise<Map<string, Blob>> {
    if (this.#load.cache) await rememberAbsent(this.#absent);
    return this.found;
  }

  /** The place of a file in the cache, if it is kept there. */
  async slot(file: string): Promise<Slot | undefined> {
    const cache = 'folder' in this.#source && this.#load.cache ? await openCache() : undefined;
    return cache && new Slot(cache, this.#url(file), this.#load.integrity[file]);
  }

  #url(file: string): URL {
    return new URL(encodeURIComponent(file), (this.#source as { folder: string }).folder);
  }

  async #get(file: string, { end = 0, address }: Special, needed: boolean): Promise<Blob | undefined> {
    const { signal, hasher, onProgress } = this.#ways;
    const sha256 = this.#load.integrity[file];
    if ('files' in this.#source) {
      const bytes = this.#source.files[file];
      const blob = bytes === undefined ? undefined : new Blob([bytes as BlobPart]);
      if (blob !== undefined && sha256 !== undefined) await checkDigest(file, blob, sha256, await hasher());
      return blob;
    }
    const url = address ?? this.#url(file);
    const before = this.bytes;
    const onBytes: FetchOptions['onBytes'] = (loaded, total, cached, resumed) => {
      // The small files come first; what is known of the weights is as good as all.
      const all = total !== undefined && file.endsWith('.safetensors') ? Math.max(before + total, end) : undefined;
      onProgress({ phase: 'download', file, loaded: before + loaded, total: all, cached, resumed });
    };
    // What has a digest has to be there: nothing unchecked may take its place.
    const optional = !needed && sha256 === undefined;
    const blob = await fetchFile(url, { signal, cache: this.#load.cache, sha256, hasher, optional, onBytes });
    if (blob === undefined) this.#absent.push(url);
    return blob;
  }
}

function readIndex(json: string): { shards: string[]; bytes: number } {
  const bad = (problem: string) => new GraftworkError('bad-backbone', `${INDEX} ${problem}`);
  let index;
  try {
    index = JSON.parse(json);
  } catch (cause) {
    throw bad(`is not JSON: ${String(cause)}`);
  }
  const shards = [...new Set(Object.values(index?.weight_map ?? {}))].sort();
  const wrong = shards.find((shard) => typeof shard !== 'string' || !SHARD.test(shard));
  if (wrong !== undefined) throw bad(`lists ${JSON.stringify(wrong)}, which is not the name of a file of weights`);
  if (shards.length < 1 || shards.length > MAX_SHARDS) throw bad(`lists ${shards.length} files of weights`);
  return { shards: shards as string[], bytes: Number(index.metadata?.total_size) || 0 };
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
