import type { CallOptions, Classification, ClassifyOptions } from './answer-types.js';
import type { TaggedWords, Tagging, TaggingValidation } from './task-types.js';
import type { ClassificationValidation } from './training-types.js';

/** A sentence, what it wants, and a tag for each of its words. */
export interface IntentExample extends TaggedWords {
  /** One of the adapter's labels. */
  intent: string;
}

/** The answer about a sentence, of two heads in one forward pass. */
export interface IntentSlots {
  /** What it wants. */
  intent: Classification;
  /** Which of its words say more of that. */
  slots: Tagging;
}

/** What an evaluation of intents and slots found. The mean of `accuracy` and `slots.f1` chooses the best weights. */
export interface IntentSlotValidation extends ClassificationValidation {
  /** The same of the slots. */
  slots: Omit<TaggingValidation, 'best'>;
}

/** Options of `intentAndSlots`. Only first tokens can be read of a longer text. */
export interface IntentSlotOptions extends CallOptions, Pick<ClassifyOptions, 'maxLength' | 'threshold' | 'topK'> {}
