import type { ErrorCode } from './errors.js';
import type { MethodOptions, TrainSettings } from './settings.js';

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
  /** How matrices are stored while the backbone is used; `f16` takes half the memory. Default: as in its files. */
  dtype?: 'f32' | 'f16';
  /** Runs everything in a worker of its own, so that the page never waits. Default true. */
  worker?: boolean;
  /** Called with how far the load is. */
  onProgress?: (progress: LoadProgress) => void;
  /**
   * Called when the GPU was lost and is being set up again, and when all is well again. Calls in progress just take
   * longer.
   */
  onDevice?: (event: DeviceEvent) => void;
  /**
   * SHA-256 digests in hexadecimal digits, by file name (`config.json`, `model.safetensors`, `tokenizer.json`, ...); one
   * string is that of `model.safetensors`. A file that has a digest must be there.
   */
  integrity?: string | Partial<Record<string, string>>;
  /** Asks the browser to keep the site's files when it needs room (`navigator.storage.persist`). Default false. */
  persist?: boolean;
}

/** The GPU was lost, or something took its place. */
export interface DeviceEvent {
  /** `lost` when it is being set up again, `recovered` when all is well again. */
  state: 'lost' | 'recovered';
  /** What was lost, or what runs now: with `device: 'auto'`, the CPU if no GPU came back. */
  device: 'gpu' | 'cpu';
  /** Why it was lost, in the browser's words. */
  reason: string;
}

/**
 * An adapter
 * - in one file, by URL or bytes;
 * - in AdapterHub's files, by URL of their folder (it ends in `/`), by Hugging Face hub id (`owner/name`), or by name.
 */
export type AdapterSource = string | URL | Bytes | { readonly [file: string]: Bytes };

/** Options of `loadAdapter`. */
export interface LoadAdapterOptions extends DownloadOptions {
  /** SHA-256 digests in hexadecimal digits, by file name; one string is that of the file, or of `adapter.safetensors`. */
  integrity?: string | Partial<Record<string, string>>;
  /** Takes an adapter that was trained on other weights than this backbone's. Default false. */
  anyBackbone?: boolean;
}

/** What a backbone is. */
export interface BackboneInfo {
  /** Where it runs. */
  device: 'gpu' | 'cpu';
  /** The identity of its weights. */
  fingerprint: string;
  /** Numbers in a vector. */
  hiddenSize: number;
  /** Encoder layers. */
  layers: number;
  /** The longest text in tokens. */
  maxLength: number;
  /** How many weights it has. */
  parameters: number;
}

/** What an adapter is. */
export interface AdapterInfo {
  /** Its name. */
  name: string;
  /** Its labels, in the order of the logits. */
  labels: string[];
  /** The longest text of its training in tokens, if it says. */
  maxLength: number | null;
  /** What was measured when it was trained. */
  metrics: Record<string, unknown>;
  /** How far its answers can be trusted; null where its training did not measure that. */
  knowledge: Knowledge | null;
  /** The settings of its training, by their names in files: those of `TrainSettings`, with underscores. */
  training: Record<string, unknown>;
}

/** What a new adapter is to be. */
export interface CreateOptions extends Pick<TrainSettings, 'seed'> {
  /** The only task so far. */
  task?: 'text-classification';
  /** At least two. */
  labels: readonly string[];
  /** Its name in files. Default `adapter`. */
  name?: string;
  /** How it is built. */
  method?: MethodOptions;
}

/** The answer about one text. */
export interface Classification {
  /** The most probable label. */
  label: string;
  /** Its probability: calibrated, where the classifier knows how far its answers can be trusted. */
  score: number;
  /** Whether that reaches the threshold, if there is one. */
  sure: boolean;
  /** Each label's probability. */
  scores: Record<string, number>;
  /** Before the softmax, in the order of the labels. */
  logits: number[];
  /** How far the text is from all that was learned, from 0 to 2; null where the classifier does not know. */
  distance: number | null;
  /** Why to take it with care; mostly nothing. */
  warnings: Warning[];
}

/** A reason to take an answer with care. */
export type Warning = Truncated | Uncovered | Unsure | Unfamiliar;

/** Not all of the text was read; a larger `maxLength` or other `longTexts` read more. */
export interface Truncated {
  /** Its kind. */
  type: 'truncated';
  /** The text's tokens. */
  tokens: number;
  /** Those of them that were read. */
  read: number;
}

/** The backbone's vocabulary hardly knows the text's language or script. */
export interface Uncovered {
  /** Its kind. */
  type: 'uncovered';
  /** How much of the text the vocabulary spells in crumbs, from 0 to 1. */
  share: number;
}

/** The label is less probable than the threshold. */
export interface Unsure {
  /** Its kind. */
  type: 'unsure';
  /** The label's probability. */
  confidence: number;
  /** What was asked for. */
  threshold: number;
}

/** The text is unlike all that was learned. */
export interface Unfamiliar {
  /** Its kind. */
  type: 'unfamiliar';
  /** How far it is from that. */
  distance: number;
  /** How far is usual. */
  limit: number;
}

/** Options of calls that may take a while. */
export interface CallOptions {
  /** Gives the call up; it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** How much is read of a text. */
export interface TextLimit extends Pick<TrainSettings, 'longTexts'> {
  /** The most tokens that are read of a text at once. Default: as in the adapter's training, or all that the backbone takes. */
  maxLength?: number;
}

/** Options of `classify`. */
export interface ClassifyOptions extends CallOptions, TextLimit {
  /**
   * Below which probability an answer is not `sure`, from 0 to 1; `Knowledge.tradeOffs` say what that costs and brings.
   * Default: as the adapter's file says, or else 0.
   */
  threshold?: number;
}

/** Options of `Backbone.probe`: how much is read of each text, unless `classify` says otherwise. */
export type ProbeOptions = TextLimit;

/** What a probe has learned from. */
export interface ProbeInfo {
  /** Its labels, in the order of the logits: in which they first occur in the examples. */
  labels: string[];
  /** The label of each example. */
  examples: string[];
  /** How far its answers can be trusted; null while there are too few examples. */
  knowledge: Knowledge | null;
}

/** How far a classifier's answers can be trusted, by examples that it had not learned from. */
export interface Knowledge {
  /** What logits are divided by, so that probabilities can be taken at their word. */
  temperature: number;
  /** How many held-out examples said so. */
  heldOut: number;
  /** The expected calibration error of their probabilities, without the temperature and with it. */
  calibrationError: {
    /** Without it. */
    before: number;
    /** With it. */
    after: number;
  };
  /** Below which probability an answer is not sure, where nobody says otherwise; null for 0. */
  threshold: number | null;
  /** What thresholds cost and bring; the first answers all of the held-out examples. */
  tradeOffs: TradeOff[];
}

/** What happens at one threshold. */
export interface TradeOff {
  /** Answers of at least this probability are sure. */
  threshold: number;
  /** How many of the held-out examples have such an answer. */
  answered: number;
  /** How many of those answers are right. */
  right: number;
}

/** Options of `embed`; by default as many tokens are read of a text as the backbone takes. */
export interface EmbedOptions extends CallOptions, TextLimit {
  /** Which vector stands for a text; `none` gives one a token. Default `mean`. */
  pooling?: 'mean' | 'cls' | 'pooler' | 'none';
  /** Whether vectors are scaled to length 1. Default false. */
  normalize?: boolean;
}

/** What of some texts is not read, or hardly understood. */
export interface Survey {
  /** How many texts there are. */
  texts: number;
  /** How many have more tokens than are read at once. */
  longer: number;
  /** Tokens of the longest. */
  longest: number;
  /** How many are not read whole. */
  truncated: number;
  /** How many are in a language or script that the backbone's vocabulary hardly knows. */
  uncovered: number;
}

/** Options of `Backbone.survey`. */
export interface SurveyOptions extends CallOptions, TextLimit {}

/** A labelled text. */
export interface Example {
  /** What is to be classified. */
  text: string;
  /** One of the adapter's labels. */
  label: string;
}

/** Options of every training run. */
export interface RunOptions extends CallOptions, TrainSettings {
  /**
   * Saves the run under this name in the browser's storage every few seconds, so that `Backbone.resume` can go on with
   * it after a reload or a crash, or after it was ended early. A run that comes to its end deletes its save; a run that
   * begins replaces an older save of its name. Default: not saved.
   *
   * If it cannot be saved at its start, the run fails with `quota` or `storage`. Later it goes on, and its progress has
   * `saveError`.
   */
  saveAs?: string;
  /** Seconds between two saves. Default 5. */
  saveEvery?: number;
  /** What happens while the page is hidden. Default `continue`. */
  whenHidden?: WhenHidden;
}

/** Options of `train`. */
export interface TrainOptions extends RunOptions {
  /** The share of the examples that is held out for evaluation, or examples for it. Default: none. */
  validation?: number | readonly Example[];
}

/** Options of `Backbone.fewShot`. Settings that are given win over the recipe's: 80 steps of 16 texts at a rate of 1e-3. */
export interface FewShotOptions extends RunOptions {
  /** The labels in their order. Default: those of the examples, in the order in which they first occur. */
  labels?: readonly string[];
  /** Its name in files. Default `adapter`. */
  name?: string;
  /** How it is built. By default it stands in the upper half of the layers. */
  method?: MethodOptions;
}

/** What a training run does while its page is hidden. */
export type WhenHidden = 'continue' | 'pause';

/** Options of `Backbone.resume`. */
export interface ResumeOptions extends CallOptions {
  /** What happens while the page is hidden. Default `continue`. */
  whenHidden?: WhenHidden;
}

/** A run that was interrupted, or that is saved while it goes on. */
export interface SavedRun {
  /** What it was saved as. */
  name: string;
  /** The adapter's name. */
  adapter: string;
  /** The adapter's labels. */
  labels: string[];
  /** The step that was saved. */
  step: number;
  /** All of its steps. */
  totalSteps: number;
  /** When it was saved. */
  savedAt: Date;
  /** The identity of the backbone that it goes on with. */
  fingerprint: string;
  /** Roughly how much storage it takes. */
  bytes: number;
  /** Whether some page has it in hand now, so that `resume` would say `busy`. */
  running: boolean;
}

/** Why a save failed. */
export interface SaveError {
  /** `quota`, `storage`, or `internal`. */
  code: ErrorCode;
  /** For people. */
  message: string;
}

/** What an evaluation found. */
export interface Validation {
  /** The share that was classified right, from 0 to 1. */
  accuracy: number;
  /** The mean of the labels' F1, each label counting the same. */
  macroF1: number;
  /** Mean cross-entropy. */
  loss: number;
  /** Whether it is the best so far. */
  best: boolean;
  /** The predicted label of each held-out example. */
  predictions: string[];
}

/** What cross-validation found: how examples were answered that had not been learned from. */
export interface Comparison {
  /** The fitted head on the bare backbone. */
  head: Score;
  /** The same with the adapter, both trained from there. */
  adapter: Score;
  /** Which of them is kept. */
  kept: 'head' | 'adapter';
}

/** How answers compare with the truth. */
export interface Score {
  /** How many are right. */
  right: number;
  /** Of how many. */
  of: number;
  /** Mean cross-entropy. */
  loss: number;
}

/** One training step, or what was found after one. */
export interface TrainProgress {
  /** From 1 on. */
  step: number;
  /** Steps of the whole run. */
  totalSteps: number;
  /** What the step is for: with few examples, trainings that hold some of them out come first. */
  stage: 'cross-validation' | 'training';
  /** Mean loss of the step's batch; of an evaluation, that of the step before it. */
  loss: number;
  /** Norm of the gradients before clipping. */
  gradNorm: number;
  /** The step's learning rate. */
  lr: number;
  /** Since the run began, evaluations left out. */
  tokensPerSecond: number;
  /** How long the rest will probably take. */
  etaSeconds: number;
  /** What an evaluation after this step found. */
  validation?: Validation;
  /** What cross-validation found, whose last step this was. */
  comparison?: Comparison;
  /** The newest step that is saved, of a run with `saveAs`. */
  savedStep?: number | undefined;
  /** Why the last save failed, if it did; the one before is whole, and the next is tried. */
  saveError?: SaveError | undefined;
}

/** What is in use. */
export interface Memory {
  /** Bytes in GPU buffers that hold something. */
  gpuUsedBytes: number;
  /** Bytes in GPU buffers that wait to be used again. */
  gpuPooledBytes: number;
  /** GPU buffers, of both kinds. */
  gpuBuffers: number;
  /** Bytes of WebAssembly memory. */
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
