//! The split of normalized text into words.

use std::ops::Range;

use unicode_categories::UnicodeCategories;

use super::added::is_word;

/// One split; a tokenizer may have several, each of which cuts the words of the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    /// At white space, every punctuation character a word of its own.
    Bert,
    /// At white space, and between letters and marks.
    Words,
    /// At white space.
    Spaces,
}

impl Split {
    /// The length of the word, or of what is between words, that `text` begins with, and whether it is a word.
    fn next(self, text: &str) -> (usize, bool) {
        let run = |kind: fn(char) -> bool| text.find(|c| !kind(c)).unwrap_or(text.len());
        let first = text.chars().next().unwrap_or(' ');
        match self {
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

/// All ASCII symbols count ("$", "`"), and Unicode's punctuation as of its version 8, which published models know.
fn is_punctuation(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_punctuation() } else { c.is_punctuation() }
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
}
