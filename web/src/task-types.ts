import type { CallOptions, Classification, TextLimit, Warning } from './answer-types.js';
import type { ChoiceExample, ChoiceValidation } from './choice-types.js';
import type { IntentExample, IntentSlotValidation } from './intent-slot-types.js';
import type { LabelledText, LabelSet, LabelSetValidation } from './label-set-types.js';
import type { AnswerValidation, QuestionExample } from './question-types.js';
import type { ScoredText, ScoreValidation } from './score-types.js';
import type { ClassificationValidation, Example } from './training-types.js';
import type { UnlabelledExample, WordsValidation } from './word-types.js';

/**
 * What adapters can be trained for: a line a task. `Adapter<'token-classification'>` takes that task's examples and tells
 * of its validation; `Adapter` is one of any task.
 */
export interface Tasks {
  /** One of some labels for a text: `Adapter.classify`. */
  'text-classification': TaskTypes<Example, ClassificationValidation>;
  /** Any of several labels for a text: `Adapter.classify`, too. */
  'multi-label-classification': TaskTypes<LabelledText, LabelSetValidation>;
  /** A number for a text, or for two: `Adapter.score`. */
  'regression': TaskTypes<ScoredText, ScoreValidation>;
  /** A tag for each word, and the entities that tags mark: `Adapter.tag`. */
  'token-classification': TaskTypes<TaggedExample, TaggingValidation>;
  /** A piece of a context for a question: `Adapter.answer`. */
  'question-answering': TaskTypes<QuestionExample, AnswerValidation>;
  /** The text that fits a prompt best: `Adapter.choose`. */
  'multiple-choice': TaskTypes<ChoiceExample, ChoiceValidation>;
  /** Words for masks, learned from texts alone: `Adapter.fillMask`. What an adapter learns before a task: `CreateOptions.from`. */
  'fill-mask': TaskTypes<UnlabelledExample, WordsValidation>;
  /** What a sentence wants, and which of its words say more of that: `Adapter.intentAndSlots`. */
  'intent-slot-classification': TaskTypes<IntentExample, IntentSlotValidation>;
}

/** What is of another type with every task. */
export interface TaskTypes<E, V> {
  /** What it learns from. */
  example: E;
  /** What an evaluation finds. */
  validation: V;
}

/** What `classify` says of a text: one label, or any of several. */
export type Classified<T extends Task = Task> = T extends 'text-classification' ? Classification
  : T extends 'multi-label-classification' ? LabelSet : never;

/** The name of a task, as Hugging Face has it. */
export type Task = keyof Tasks;

/**
 * A text whose words are tagged: as lists, or as a text in which entities are marked; all examples of a training the same
 * way. Marked texts are for adapters with the tags `O`, `B-...` and `I-...`.
 */
export type TaggedExample = TaggedWords | MarkedText;

/** Words, and a tag for each. */
export interface TaggedWords {
  /** The words, at least one. */
  tokens: readonly string[];
  /** As many of the adapter's labels. */
  tags: readonly string[];
}

/** A text and its entities. */
export interface MarkedText {
  /** All of it. */
  text: string;
  /** Its entities, none of which has a word in common with another. */
  entities: readonly EntitySpan[];
}

/** Where an entity stands: `text.slice(start, end)`. */
export interface EntitySpan {
  /** Its first UTF-16 unit, the one that a word begins with. */
  start: number;
  /** The unit after its last one, with which a word ends. */
  end: number;
  /** Its type: the tags without `B-` and `I-`. */
  type: string;
}

/** The answer about the words of one text. */
export interface Tagging {
  /** What the tags mark, in order; null where they mark no entities but parts of speech, say. */
  entities: Entity[] | null;
  /** The words in order, but for those that the maximal length cut off. */
  words: TaggedWord[];
  /** How many words got no tag, because they were cut off. */
  leftOut: number;
  /** Why to take it with care; mostly nothing. */
  warnings: Warning[];
}

/** Words that belong together. */
export interface Entity extends EntitySpan {
  /** The mean probability of its words' tags. */
  score: number;
}

/** A word with its most probable tag: `text.slice(start, end)`. */
export interface TaggedWord {
  /** Its first UTF-16 unit. */
  start: number;
  /** The unit after its last one. */
  end: number;
  /** The tag. */
  tag: string;
  /** Its probability. */
  score: number;
}

/** Options of `tag`. Only first tokens can be read of a longer text. */
export interface TagOptions extends CallOptions, Pick<TextLimit, 'maxLength'> {}

/**
 * What an evaluation of tags found, by seqeval's names: `f1`, `precision` and `recall` of whole entities where tags mark
 * some, `macroF1` of tags where not.
 */
export interface TaggingValidation {
  /** Harmonic mean of precision and recall; chooses the best weights. */
  f1?: number;
  /** The share of the entities found that are right. */
  precision?: number;
  /** The share of the true entities that were found. */
  recall?: number;
  /** The share of the words whose tag is right. */
  accuracy: number;
  /** The mean of the tags' F1, each tag counting the same. */
  macroF1?: number;
  /** Mean cross-entropy. */
  loss: number;
  /** Whether it is the best so far. */
  best: boolean;
  /** The predicted tags of each held-out example, one for each word that was read. */
  predictions: string[][];
}
