// Written by `cargo xtask settings` from the engine's tables `SETTINGS` and `METHODS`. Changes belong there.

/** How an adapter is trained; the defaults are those of the program `graftwork`. */
export interface TrainSettings {
  /**
   * How often to go through the training data; without it, few examples are gone through more often (at most 20 times)
   * until that makes 200 batches of 32. A whole number from 1 on. Default 3.
   */
  epochs?: number;
  /** Stop after this many steps, if that is sooner. A whole number of steps from 1 on. */
  maxSteps?: number;
  /**
   * Peak learning rate; without it, it is 2e-3 where numbers, tags, slots or answers are learned. A number from 0 on.
   * Default 1e-3.
   */
  lr?: number;
  /**
   * How the learning rate goes on after the warm-up: down to zero, or not. Default `linear`.
   * - `linear`: falls to zero at the last step
   * - `constant`: stays
   */
  schedule?: 'linear' | 'constant';
  /** Part of all steps over which the learning rate rises from zero. A number from 0 to 1. Default 0.1. */
  warmupRatio?: number;
  /** Decoupled weight decay (AdamW) of matrices; biases and norms never decay. A number from 0 on. Default 0.01. */
  weightDecay?: number;
  /**
   * Largest norm of all gradients together; larger ones are scaled down to it. A number above 0, or 0 for none. Default
   * 1.
   */
  clip?: number;
  /** Examples in a batch. A whole number of examples from 1 on. Default 32. */
  batchSize?: number;
  /**
   * Tokens in a batch, as many examples as fit, instead of a number of examples. A whole number of tokens from 1 on.
   * Not with `batchSize`.
   */
  batchTokens?: number;
  /**
   * Cut texts to this many tokens, special tokens included; without it, to as many as the backbone takes. A whole
   * number of tokens from 3 on.
   */
  maxLength?: number;
  /**
   * What is read of a text that is longer; without it, its first tokens.
   * - `first`: its first tokens
   * - `ends`: its beginning and its end: a quarter of the tokens and three quarters
   * - `windows`: all of it in overlapping windows, at most 16, whose features are averaged
   */
  longTexts?: 'first' | 'ends' | 'windows';
  /** Dropout probability in the backbone's hidden states and before the head. A number from 0 to below 1. Default 0. */
  dropout?: number;
  /** Masked LM: share of the tokens that are hidden and asked for; without it 0.15. A number from 0 to 1. */
  maskRate?: number;
  /** Masked LM: share of those that a random token stands for; without it 0.1. A number from 0 to 1. */
  maskRandom?: number;
  /** Masked LM: share of those that stay as they are; without it 0.1. A number from 0 to 1. */
  maskKept?: number;
  /** Masked LM: hide whole words rather than tokens. */
  wholeWord?: boolean;
  /** Give every epoch an order of its own. Default true. */
  shuffle?: boolean;
  /**
   * Decides new weights, the order of the data, and dropout: the same seed and device give the same adapter. A whole
   * number from 0 on. Default 42.
   */
  seed?: number;
  /** Evaluate every so many steps, as well as after every epoch. A whole number of steps from 1 on. */
  evalEvery?: number;
  /** Stop after this many evaluations without a better one. A whole number of evaluations from 1 on. */
  patience?: number;
  /** Keep the weights of the best evaluation rather than the last. Default true. */
  keepBest?: boolean;
  /**
   * Learn the head alone, on the adapter that the run begins with; dropout then acts before the head's layers only.
   * Default false.
   */
  freezeAdapter?: boolean;
  /**
   * Memory for what the frozen layers below all that learns make of the examples, which is computed once rather than in
   * every epoch: for as many examples as fit; without it, 1024 MiB (128 in a browser). A whole number of MiB from 0 on.
   */
  keepMib?: number;
}

/** How a new adapter is built. */
export interface MethodOptions {
  /**
   * The method. Default `double_seq_bn`.
   * - `double_seq_bn`: after both sub-layers
   * - `seq_bn`: after the feed-forward sub-layer
   * - `par_bn`: beside the feed-forward sub-layer
   * - `scaled_par_bn`: beside the feed-forward sub-layer, with a learned scaling
   * - `lora`: a low-rank change of the frozen matrices
   */
  type?: 'double_seq_bn' | 'seq_bn' | 'par_bn' | 'scaled_par_bn' | 'lora' | (string & {});
  /** Bottlenecks: hidden size over bottleneck width. A number above 0. Default 16, par_bn 2, scaled_par_bn 2. */
  reductionFactor?: number;
  /**
   * Bottlenecks: activation in the middle, such as relu, swish, gelu, gelu_new or tanh. Default relu, double_seq_bn
   * swish.
   */
  nonLinearity?: string;
  /**
   * Layers (from 0) without adapters, such as 0-3; those below the lowest adapter are computed once an example. A list
   * of layers from 0 to 255. Default `[]`.
   */
  leaveOut?: readonly number[];
  /** LoRA: rank of the change. A whole number from 1 on. Default 8. */
  rank?: number;
  /** LoRA: the change is multiplied with alpha over rank. A number. Default 8. */
  alpha?: number;
  /** LoRA: which of query, key and value change. Default `['q', 'v']`. */
  attnMatrices?: readonly ('q' | 'k' | 'v')[];
  /** LoRA: behind attention too. Default false. */
  attnOutputLora?: boolean;
  /** LoRA: on the way into the feed-forward half too. Default false. */
  intermediateLora?: boolean;
  /** LoRA: on the way out of the feed-forward half too. Default false. */
  outputLora?: boolean;
  /** Dropout probability inside the adapter while training. A number from 0 to below 1. Default 0. */
  adapterDropout?: number;
}
