import type { TrainSettings } from './settings.js';

/** A text, or two that belong together. */
export type TextInput = string | TextPair;

/** A text, or two that belong together, such as a premise and a hypothesis. Of two, first tokens are read. */
export interface TextPair {
  /** The text, or the first of two. */
  text: string;
  /** The second of two; rows of the program's files may call it `text_pair`. */
  textPair?: string;
}

/** The answer about one text. */
export interface Classification {
  /** The most probable label. */
  label: string;
  /** Its probability: calibrated, where the classifier knows how far its answers can be trusted. */
  score: number;
  /** Whether that reaches the threshold, if there is one. */
  sure: boolean;
  /** Each label's probability; with `topK`, of the most probable ones. */
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
   * Default: as the adapter's file says, or else 0. Where a text may have several labels: from which probability on one is
   * given. Default: `AdapterInfo.thresholds`, or else 0.5.
   */
  threshold?: number;
  /** Gives the scores of so many labels, the most probable first. Default: of all, in the order of the labels. */
  topK?: number;
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

/** Two texts to be compared. */
export type Two = readonly [string, string];

/** Options of `similarity`; by default as many tokens are read of a text as the backbone takes. */
export interface SimilarityOptions extends CallOptions, TextLimit {}

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
