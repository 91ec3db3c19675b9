import type { Adapter } from './adapter.js';
import type { Knowledge } from './answer-types.js';
import type { MethodOptions, TrainSettings } from './settings.js';
import type { Task } from './task-types.js';

export type * from './answer-types.js';
export type * from './choice-types.js';
export type * from './intent-slot-types.js';
export type * from './label-set-types.js';
export type * from './question-types.js';
export type * from './score-types.js';
export type * from './task-types.js';
export type * from './training-types.js';
export type * from './word-types.js';

/** Bytes in any of the shapes that a page has them in. */
export type Bytes = Uint8Array | ArrayBuffer | Blob;

/** Where the layers run: `auto` takes the GPU unless there is none, or only a software one, which is slower. */
export type DeviceChoice = 'auto' | 'gpu' | 'cpu';

/** The three files of a backbone, as Hugging Face lays them out. */
export interface BackboneFiles {
  /** `config.json` */
  config: Bytes;
  /** `model.safetensors` */
  weights: Bytes;
  /** `tokenizer.json` */
  tokenizer: Bytes;
}

/**
 * A backbone by
 * - URL of its folder: absolute, or beginning with `/` or `.`;
 * - Hugging Face hub id, such as `sentence-transformers/all-MiniLM-L6-v2`;
 * - its files: as `BackboneFiles`, by their names, or as what a file picker gives.
 *
 * It has a `config.json`; weights in f32, f16 or bf16 in `model.safetensors`, or in the shards that
 * `model.safetensors.index.json` lists; and `tokenizer.json`, `vocab.txt`, or `vocab.json` with
 * `merges.txt`, and `tokenizer_config.json` if there is one.
 */
export type BackboneSource = string | URL | BackboneFiles | { readonly [file: string]: Bytes } | Iterable<File>;

/** How far a load is. */
export interface LoadProgress {
  /** `download` counts bytes of all files, `upload` the fraction of the weights that is on the device. */
  phase: 'download' | 'upload';
  /** The file that is being downloaded, or whose weights are uploaded. */
  file: string;
  /** Bytes of all files so far; of the upload, from 0 to 1. */
  loaded: number;
  /** Bytes of all files where the server says how many (of shards, their index, a little too few); of the upload, 1. */
  total: number | undefined;
  /** Whether this file came from the browser's cache. */
  cached: boolean;
  /** Bytes of this file that an earlier download, which broke off, had left in the cache. */
  resumed?: number;
}

/** Options of downloads. */
export interface DownloadOptions {
  /** Ends the download; the call rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Keeps files in the browser's cache, and takes them from there. Default true. */
  cache?: boolean;
  /** The hub's branch, tag or commit. Default `main`. */
  revision?: string;
  /** The hub. Default `https://huggingface.co`. */
  endpoint?: string;
}

/** Which of the hub's files `clearCache` means. */
export type CacheOptions = Pick<DownloadOptions, 'revision' | 'endpoint'>;

/** What the browser keeps for this site. */
export interface StorageState {
  /** Bytes that the site uses, this package's and others', where the browser says so. */
  usage: number | undefined;
  /** Bytes that it may use. */
  quota: number | undefined;
  /** Whether the browser has promised to keep them when it needs room. */
  persisted: boolean;
  /** Whether files can be kept; some browsers allow it not in private windows. */
  cache: boolean;
}

/** Options of `Backbone.load`. */
export interface LoadOptions extends DownloadOptions {
  /** Default `auto`. */
  device?: DeviceChoice;
  /**
   * How matrices are stored while the backbone is used: `f16` takes half the memory of `f32`, `q8` (8-bit integers) a quarter. On the
   * CPU q8 takes less time than `f32` where the browser has relaxed SIMD, and about the same elsewhere, as f16 does. Default: as in its files.
   */
  dtype?: 'f32' | 'f16' | 'q8';
  /**
   * On the CPU, workers that compute at the same time: the texts of a call are shared out to them, and the batches of a
   * training. Each holds the backbone once more, from when there is enough to do on. `auto` is half of the processor's threads
   * and at most 4, or 1 on phones and where there is little memory. Default `auto`.
   */
  threads?: 'auto' | number;
  /** Runs everything in a worker of its own, so that the page never waits; without it there is one thread. Default true. */
  worker?: boolean;
  /** Called with how far the load is. */
  onProgress?: (progress: LoadProgress) => void;
  /**
   * Called when the GPU was lost and is being set up again, and when all is well again; also when a worker could not be
   * started, or broke, and the others go on without it. Calls in progress just take longer.
   */
  onDevice?: (event: DeviceEvent) => void;
  /**
   * SHA-256 digests in hexadecimal digits, by file name (`config.json`, `model.safetensors`, `tokenizer.json`, ...); one
   * string is that of `model.safetensors`. A file that has a digest must be there.
   */
  integrity?: string | Partial<Record<string, string>>;
  /**
   * Hashes all of the weights again, although the browser's cache knows what they are. Otherwise weights from the cache are taken for what
   * they were found to be before, unless their size or a sample of their values (0.4 %) says that they have changed: so a bit that
   * fell over on the disk goes unnoticed. What is then found is `backbone.info.fingerprint`, and is kept for the loads after. Default false.
   */
  verify?: boolean;
  /** Asks the browser to keep the site's files when it needs room (`navigator.storage.persist`). Default false. */
  persist?: boolean;
}

/** The GPU was lost, or something took its place; or a worker of several is gone. */
export interface DeviceEvent {
  /** `lost` when the GPU is being set up again, `recovered` when all is well again; `fewer-threads` when a worker is gone. */
  state: 'lost' | 'recovered' | 'fewer-threads';
  /** What was lost, or what runs now: with `device: 'auto'`, the CPU if no GPU came back. */
  device: 'gpu' | 'cpu';
  /** How many threads compute from now on. */
  threads: number;
  /** Why it was lost, in the browser's words, or why the worker is gone. */
  reason: string;
}

/**
 * An adapter
 * - in one file, by URL or bytes;
 * - in AdapterHub's files, by URL of their folder (it ends in `/`), by Hugging Face hub id (`owner/name`), or by name.
 */
export type AdapterSource = string | URL | Bytes | { readonly [file: string]: Bytes };

/** Options of `loadAdapter`. */
export interface LoadAdapterOptions<T extends Task = Task> extends DownloadOptions {
  /** What it must be for: an adapter of another task is refused with `wrong-task`. Default: any task. */
  task?: T;
  /** Of several heads, the one that answers and learns. Default: those of its task, or the first. */
  head?: string;
  /** SHA-256 digests in hexadecimal digits, by file name; one string is that of the file, or of `adapter.safetensors`. */
  integrity?: string | Partial<Record<string, string>>;
  /** Takes an adapter that was trained on other weights than this backbone's. Default false. */
  anyBackbone?: boolean;
}

/** What a backbone is. */
export interface BackboneInfo {
  /** Where it runs. */
  device: 'gpu' | 'cpu';
  /** Workers that compute at the same time where there is enough to do; 1 on a GPU. */
  threads: number;
  /** The identity of its weights. */
  fingerprint: string;
  /** Numbers in a vector. */
  hiddenSize: number;
  /** Encoder layers. */
  layers: number;
  /** The longest text in tokens. */
  maxLength: number;
  /** What stands for a hidden word in texts, such as `[MASK]`; null where its vocabulary has nothing for that. */
  mask: string | null;
  /** How many weights it has. */
  parameters: number;
}

/** What an adapter is. */
export interface AdapterInfo<T extends Task = Task> {
  /** Its name. */
  name: string;
  /** What it is for; null where its head is for nothing that this version knows, or it has none. */
  task: T | null;
  /** Its labels, in the order of the logits. */
  labels: string[];
  /** The names of its heads; see `Adapter.withHead`. */
  heads: string[];
  /** The one that was chosen, if one was. */
  head: string | null;
  /** The tags of slots, in the order of their logits; null where it is not for intents and slots. */
  tags: string[] | null;
  /** The longest text of its training in tokens, if it says. */
  maxLength: number | null;
  /** What was measured when it was trained. */
  metrics: Record<string, unknown>;
  /**
   * From which probability on a label is given, one for all or one a label, where a text may have several; above which
   * probability of no answer there is none, of questions. Empty where its training chose none.
   */
  thresholds: number[];
  /** How far its answers can be trusted; null where its training did not measure that. */
  knowledge: Knowledge | null;
  /** The settings of its training, by their names in files: those of `TrainSettings`, with underscores. */
  training: Record<string, unknown>;
}

/** What a head is to be for. */
export interface HeadOptions<T extends Task = Task> {
  /** What it is for. Default `text-classification`. */
  task?: T;
  /**
   * At least two: of texts, or the tags of words; one is enough where a text may have several. Default, with `entityTypes`:
   * their tags. Numbers, answers, choices and hidden words have none.
   */
  labels?: readonly string[];
  /** The tags of slots. Only for `intent-slot-classification`, whose `labels` are the intents. */
  tags?: readonly string[];
  /**
   * Types of entities whose tags are the labels, or the tags of slots: `O`, and of each `B-...` and `I-...`. Only for
   * `token-classification` and `intent-slot-classification`.
   */
  entityTypes?: readonly string[];
  /** The most choices of a prompt, from 2 to 64. Default 2. Only for `multiple-choice`. */
  choices?: number;
}

/** What a new adapter is to be. */
export interface CreateOptions<T extends Task = Task> extends HeadOptions<T>, Pick<TrainSettings, 'seed'> {
  /** The name of its head. Default: as the adapter's. */
  head?: string;
  /** More heads, by name, which learn together with the first: `TrainOptions.and`. Not beside or as intents and slots. */
  and?: Readonly<Record<string, HeadOptions>>;
  /**
   * An adapter on this backbone that it begins with, as that stands now, with a new head: in place of `name` and `method`, which
   * are that one's.
   */
  from?: Adapter;
  /** Its name in files. Default `adapter`. */
  name?: string;
  /** How it is built. */
  method?: MethodOptions;
}

/** What is in use. */
export interface Memory {
  /** Bytes in GPU buffers that hold something. */
  gpuUsedBytes: number;
  /** Bytes in GPU buffers that wait to be used again. */
  gpuPooledBytes: number;
  /** GPU buffers, of both kinds. */
  gpuBuffers: number;
  /** Bytes of WebAssembly memory, of all workers. */
  wasmBytes: number;
}

/** What runs here. */
export interface Support {
  /** Whether anything does. */
  supported: boolean;
  /** What `device: 'auto'` takes. */
  device: 'gpu' | 'cpu';
  /** Why, in a sentence. */
  reason: string;
  /** The GPU's description, if there is one. */
  gpu: string | undefined;
  /** Whether files are kept between visits. */
  cache: boolean;
}
