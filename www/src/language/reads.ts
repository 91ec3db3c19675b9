/** What a backbone reads, in the page's words. */
export interface Reads {
  /** After “reads”. */
  what: string;
  /** A text as it is asked for. */
  text: string;
  /**
   * What texts are that it does not know, after “38 of 60 texts are” and “the model here”. Not there where the vocabulary does not tell: one
   * of 100 languages spells many words in short pieces that it knows well, in Korean a fifth of the texts (crates/text, coverage.rs).
   */
  foreign?: { are: string; knows: string };
  /** Letters a token, about: how long a text is before it was looked at. */
  letters: number;
}

export const ENGLISH: Reads = { what: 'English', text: 'an English text', foreign: { are: 'not in English', knows: 'knows English only' }, letters: 4.5 };

/** Chinese has one letter or two a token, German more than four. */
export const MANY: Reads = { what: '100 languages', text: 'a text', letters: 3 };

export const UNKNOWN: Reads = { what: 'what it was made for', text: 'a text', foreign: { are: 'hardly known to it', knows: 'was made for other texts' }, letters: 4.5 };
