import { plainAdapter } from './source.js';
import { openCache, Slot } from './store.js';
import type { CacheOptions, LoadAdapterOptions } from './types.js';

const WEIGHTS = /\.(safetensors|bin)$/;
const INDEX = 'model.safetensors.index.json';

/** What `isStored` looks for. */
export type StoredOptions = CacheOptions & Pick<LoadAdapterOptions, 'integrity'>;

/**
 * Whether all files of a backbone or adapter, by URL or hub id, are in the browser's cache, so that it loads without a network. What is
 * loaded already makes no difference: another page may have cleared the cache, or the browser. `integrity` as for the load.
 */
export async function isStored(source: string | URL, options: StoredOptions = {}): Promise<boolean> {
  const cache = await openCache();
  const plain = plainAdapter(source, options);
  if (cache === undefined || !('url' in plain)) return false;
  const digests = plain.load.integrity;
  const files = new Map<string, Slot>();
  for (const request of await cache.keys()) {
    const url = new URL(request.url);
    const digest = url.searchParams.get('graftwork');
    if (url.searchParams.has('graftwork-part')) continue;
    url.searchParams.delete('graftwork');
    const name = decodeURIComponent(/[^/]*$/.exec(url.pathname)?.[0] ?? '');
    const isMeant = url.href === plain.url || url.href.startsWith(plain.url.replace(/\/?$/, '/'));
    if (isMeant && digest === (digests[name]?.toLowerCase() ?? '')) files.set(name, new Slot(cache, url, digests[name]));
  }
  const index = files.get(INDEX);
  const wanted = [...files.keys(), ...Object.keys(digests), ...(index ? await shards(index) : [])];
  // Weights come last: where there are none, the others say nothing.
  return wanted.some((name) => WEIGHTS.test(name)) && (await Promise.all(wanted.map(isThere))).every(Boolean);

  async function isThere(name: string): Promise<boolean> {
    const slot = files.get(name);
    // That the server does not have a file is known, and is enough.
    return slot !== undefined && ((await slot.note())?.absent === true || slot.isWhole());
  }
}

/** The files of weights that an index lists; none if it is not all there. */
async function shards(index: Slot): Promise<string[]> {
  const note = await index.note();
  if (note?.size === undefined) return [];
  try {
    const { weight_map: map } = JSON.parse(await new Blob(await index.segments(note)).text());
    return Object.values<string>(map ?? {});
  } catch {
    return [];
  }
}
