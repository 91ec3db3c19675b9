/** What a backbone reads, in the page's words. */
export interface Reads {
  /** After “reads”. */
  what: string;
  /** A text as it is asked for. */
  text: string;
  /** After “38 of 60 texts are”: those of which it knows hardly a word. */
  foreign: string;
  /** After “the model here”. */
  knows: string;
  /** Letters a token, about: how long a text is before it was looked at. */
  letters: number;
}

export const ENGLISH: Reads = { what: 'English', text: 'an English text', foreign: 'not in English', knows: 'knows English only', letters: 4.5 };

/** Chinese has one letter or two a token, German more than four; few are surprised by a text that is read further than was thought. */
export const MANY: Reads = { what: '100 languages', text: 'a text', foreign: 'in a script that it does not know', knows: 'knows 100 languages, but not that script', letters: 3 };

export const UNKNOWN: Reads = { what: 'what it was made for', text: 'a text', foreign: 'hardly known to it', knows: 'was made for other texts', letters: 4.5 };
