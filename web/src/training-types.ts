import type { CallOptions, TextPair } from './answer-types.js';
import type { ErrorCode } from './errors.js';
import type { MethodOptions, TrainSettings } from './settings.js';
import type { Task, Tasks } from './task-types.js';

/** A labelled text, or two that belong together. */
export interface Example extends TextPair {
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
export interface TrainOptions<T extends Task = Task> extends RunOptions {
  /**
   * The share of the examples that is held out for evaluation (where each has a label, of every label its share), or
   * examples for it. Default: none.
   */
  validation?: number | readonly Tasks[T]['example'][];
  /**
   * Where a text may have several labels: chooses on the examples for evaluation from which probability on they are given,
   * by the highest F1, `one` for all or one `per-label`, and keeps that in the adapter. Default: 0.5 for all. Of questions,
   * above which probability of no answer there is none is always chosen there, where some have none.
   */
  chooseThresholds?: T extends 'multi-label-classification' ? 'one' | 'per-label' : never;
  /** What other heads of the adapter learn in the same run, by their names. The batch of a step is of one head. */
  and?: Readonly<Record<string, HeadExamples>>;
  /**
   * How often each head has its turn: as often as it has batches, or all equally often, where those with fewer examples go through
   * them again. Default `by-size`.
   */
  sampling?: 'by-size' | 'evenly';
  /** How much the losses of heads count, by their names; those of intents and slots are `intent` and `slots`. Default 1. */
  lossWeights?: Readonly<Record<string, number>>;
}

/** What a head learns beside another one. */
export interface HeadExamples<T extends Task = Task> {
  /** As `Adapter.train` takes them. */
  examples: Iterable<Tasks[T]['example']>;
  /** Examples for evaluation. Default: the share that `validation` of the run holds out, if it is one. */
  validation?: readonly Tasks[T]['example'][];
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
export interface ResumeOptions<T extends Task = Task> extends CallOptions {
  /** What it must be for: a run of another task is refused with `wrong-task`, and stays. Default: any task. */
  task?: T;
  /** What happens while the page is hidden. Default `continue`. */
  whenHidden?: WhenHidden;
}

/** A run that was interrupted, or that is saved while it goes on. */
export interface SavedRun {
  /** What it was saved as. */
  name: string;
  /** The adapter's name. */
  adapter: string;
  /** What it is trained for. */
  task: Task;
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

/** What an evaluation of classified texts found. */
export interface ClassificationValidation {
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
export interface TrainProgress<T extends Task = Task> {
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
  validation?: Tasks[T]['validation'];
  /** What that found of the heads of `and`, by their names. */
  others?: Record<string, Tasks[Task]['validation']>;
  /** What cross-validation found, whose last step this was. */
  comparison?: Comparison;
  /** The newest step that is saved, of a run with `saveAs`. */
  savedStep?: number | undefined;
  /** Why the last save failed, if it did; the one before is whole, and the next is tried. */
  saveError?: SaveError | undefined;
}
