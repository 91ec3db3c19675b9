//! The split of normalized text into words.

use std::ops::Range;

use super::added::is_word;
use super::unigram;
use crate::unicode::{self, kinds};

/// One split; a tokenizer may have several, each of which cuts the words of the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    /// At white space, every punctuation character a word of its own.
    Bert,
    /// At white space, and between letters and marks.
    Words,
    /// At white space.
    Spaces,
    /// Before each space, or sign for one: SentencePiece's.
    Metaspace,
    /// GPT-2's: letters, digits or marks with the space before them, contractions, white space; nothing is left out.
    Gpt2,
}

impl Split {
    /// The length of the word, or of what is between words, that `text` begins with, and whether it is a word.
    fn next(self, text: &str) -> (usize, bool) {
        let run = |kind: fn(char) -> bool| text.find(|c| !kind(c)).unwrap_or(text.len());
        let first = text.chars().next().unwrap_or(' ');
        match self {
            Self::Gpt2 => (gpt2(text), true),
            Self::Metaspace => {
                let space = text.char_indices().skip(1).find(|(_, c)| matches!(*c, ' ' | unigram::SPACE));
                (space.map_or(text.len(), |(at, _)| at), true)
            }
            _ if first.is_whitespace() => (run(char::is_whitespace), false),
            Self::Bert if is_punctuation(first) => (first.len_utf8(), true),
            Self::Bert => (run(|c| !c.is_whitespace() && !is_punctuation(c)), true),
            Self::Words if is_word(first) => (run(is_word), true),
            Self::Words => (run(|c| !c.is_whitespace() && !is_word(c)), true),
            Self::Spaces => (run(|c| !c.is_whitespace()), true),
        }
    }
}

/// The words of `text` after all `splits`; without one the text is a word.
pub(super) fn words(splits: &[Split], text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<_> = std::iter::once(0..text.len()).collect();
    for split in splits {
        for Range { mut start, end } in std::mem::take(&mut words) {
            while start < end {
                let (length, is_word) = split.next(&text[start..end]);
                if is_word {
                    words.push(start..start + length);
                }
                start += length;
            }
        }
    }
    words
}

/// The length of what `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+` matches at the
/// beginning of a text that is not empty.
fn gpt2(text: &str) -> usize {
    let rest = text.strip_prefix('\'').unwrap_or_default();
    if let Some(ending) = ["s", "t", "re", "ve", "m", "ll", "d"].iter().find(|ending| rest.starts_with(**ending)) {
        return 1 + ending.len();
    }
    let rest = text.strip_prefix(' ').unwrap_or(text);
    let kind = rest.chars().next().map_or(Kind::Space, Kind::of);
    if kind != Kind::Space {
        return text.len() - rest.len() + rest.find(|c| Kind::of(c) != kind).unwrap_or(rest.len());
    }
    // Of several spaces the last goes with the word after them.
    match text.find(|c: char| !c.is_whitespace()) {
        Some(end) => match text[..end].char_indices().next_back() {
            Some((last, _)) if last > 0 => last,
            _ => end,
        },
        None => text.len(),
    }
}

/// The general category of a character, as far as GPT-2's pattern asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Number,
    Other,
    Space,
}

impl Kind {
    fn of(c: char) -> Self {
        match c {
            c if c.is_whitespace() => Self::Space,
            c if c.is_numeric() => Self::Number,
            // Alphabetic are letters, some marks, letter-like numbers, and symbols like U+24B6.
            c if c.is_alphabetic() && !unicode::is(c, kinds::MARK_TODAY | kinds::SYMBOL_OTHER) => Self::Letter,
            _ => Self::Other,
        }
    }
}

/// All ASCII symbols count ("$", "`"), and Unicode's punctuation as of its version 8, which published models know.
fn is_punctuation(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_punctuation() } else { unicode::is(c, kinds::PUNCTUATION) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split<'a>(splits: &[Split], text: &'a str) -> Vec<&'a str> {
        words(splits, text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn words_and_marks() {
        let split = |text| split(&[Split::Bert], text);
        assert_eq!(split("  Hey, friend!\u{3000}$5?!? "), ["Hey", ",", "friend", "!", "$", "5", "?", "!", "?"]);
        assert_eq!(split("«a»—b"), ["«", "a", "»", "—", "b"]);
        assert_eq!(split(""), [""; 0]);
        // Punctuation since Unicode 14: part of the word for every published BERT tokenizer.
        assert_eq!(split("a\u{61d}b"), ["a\u{61d}b"]);
    }

    #[test]
    fn splits_one_after_the_other() {
        let text = " it's\u{a0}5%-ish \u{61d}";
        assert_eq!(split(&[], text), [text]);
        assert_eq!(split(&[Split::Spaces], text), ["it's", "5%-ish", "\u{61d}"]);
        assert_eq!(split(&[Split::Words], text), ["it", "'", "s", "5", "%-", "ish", "\u{61d}"]);
        assert_eq!(split(&[Split::Words, Split::Bert], text), ["it", "'", "s", "5", "%", "-", "ish", "\u{61d}"]);
    }

    #[test]
    fn sentencepieces_spaces() {
        assert_eq!(split(&[Split::Metaspace], " a  b▁c\t"), [" a", " ", " b", "▁c\t"]);
        assert_eq!(split(&[Split::Spaces, Split::Metaspace], " a  b▁c\t"), ["a", "b", "▁c"]);
    }

    #[test]
    fn gpt2s_pattern() {
        let split = |text| split(&[Split::Gpt2], text);
        assert_eq!(split("Hello  world's 12th\n\n x"), ["Hello", " ", " world", "'s", " 12", "th", "\n\n", " x"]);
        assert_eq!(split("we'll''s 'S ½\u{24b6}é"), ["we", "'ll", "''", "s", " '", "S", " ½", "\u{24b6}", "é"]);
        assert_eq!(split("a \u{3000}b \t"), ["a", " ", "\u{3000}", "b", " \t"]);
        assert_eq!(split("\tb \u{301}c"), ["\t", "b", " \u{301}", "c"]);
    }
}
