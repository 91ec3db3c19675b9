//! What becomes of a text.

use std::ops::Range;

use super::coverage::Coverage;

/// A tokenized text, pair of texts, or list of words: `[CLS] text [SEP]`, `[CLS] text [SEP] other [SEP]`. Never padded.
///
/// The first three vectors are equally long: one element a token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encoding {
    /// Token ids, special tokens included; never empty.
    pub ids: Vec<u32>,
    /// Token type (segment) ids: for BERT 0, and 1 in the second text of a pair with the `[SEP]` after it.
    pub type_ids: Vec<u32>,
    /// Where each token stands in the text; `None` for the special tokens that the tokenizer adds.
    pub origins: Vec<Option<Origin>>,
    /// What is to be said of the whole text.
    pub of: Extent,
    /// What a masked language model is asked about it; nothing for everything else.
    pub masked: Masked,
}

/// The tokens that a masked language model is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Masked {
    /// Where they stand, ascending.
    pub places: Vec<u32>,
    /// What truly stands there: a token id a place, or none at all where nobody knows.
    pub truths: Vec<u32>,
}

/// What is to be said of a whole text (pair, list of words), whatever became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// Tokens of all of it, special tokens included: the limit that it would need.
    pub tokens: usize,
    /// Those of them that are in its sequences.
    pub read: usize,
    /// How well the vocabulary covers it.
    pub coverage: Coverage,
}

impl Extent {
    /// Whether tokens were left out to keep to the limit.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.read < self.tokens
    }
}

/// Where a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// First byte, in the text as it was given (not normalized); of pre-split words, in the word.
    pub start: u32,
    /// First byte after it. Whole characters: tokens that share one name it each.
    pub end: u32,
    /// Which word of its text: the pre-split words as given, else words as the tokenizer splits them, from 0.
    pub word: u32,
    /// Which text of a pair: 0 or 1.
    pub sequence: u8,
}

impl Encoding {
    /// Number of tokens, special tokens included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether it is of two texts that belong together, the second with at least one token.
    #[must_use]
    pub fn is_pair(&self) -> bool {
        self.origins.iter().flatten().any(|origin| origin.sequence == 1)
    }

    /// Whether there are no tokens; never so for what [`Tokenizer::encode`](crate::Tokenizer::encode) returns.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The bytes of each word, up to the last that has a token.
    #[must_use]
    pub fn words(&self) -> Vec<Range<usize>> {
        let mut words: Vec<Range<usize>> = Vec::new();
        for origin in self.origins.iter().flatten() {
            let (start, end) = (origin.start as usize, origin.end as usize);
            // A word without tokens would have none here; it is empty, and stands before the next one.
            words.resize((origin.word as usize + 1).max(words.len()), start..start);
            words[origin.word as usize].end = end;
        }
        words
    }
}

/// How many tokens of two texts are kept so that at most `room` remain: the longer is cut first.
///
/// As `longest_first` of transformers' fast tokenizers: texts that are both cut become equally long, and where `room`
/// is odd the one that was longer keeps one more; of equally long ones, the second.
pub(super) fn longest_first(first: usize, second: usize, room: usize) -> (usize, usize) {
    let (short, long) = (first.min(second), first.max(second));
    if short + long <= room {
        return (first, second);
    }
    let short = short.min(room / 2);
    let long = room - short;
    if first > second { (long, short) } else { (short, long) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rule as the library writes it (`tokenizers` 0.22, `utils/truncation.rs`).
    fn library(first: usize, second: usize, room: usize) -> (usize, usize) {
        if first + second <= room {
            return (first, second);
        }
        let swap = first > second;
        let mut n1 = first.min(second);
        let mut n2 = if n1 > room { n1 } else { n1.max(room - n1) };
        if n1 + n2 > room {
            n1 = room / 2;
            n2 = n1 + room % 2;
        }
        if swap { (n2, n1) } else { (n1, n2) }
    }

    #[test]
    fn truncation_is_the_librarys() {
        for first in 0..12 {
            for second in 0..12 {
                for room in 1..26 {
                    assert_eq!(
                        longest_first(first, second, room),
                        library(first, second, room),
                        "{first} {second} {room}"
                    );
                }
            }
        }
    }
}
