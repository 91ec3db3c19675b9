//! The split of normalized text into words.

use tokenizers::pipeline::{PreTokenizer, PreTokenizerScratch};
use tokenizers::pre_tokenizers::whitespace::Whitespace;
use unicode_categories::UnicodeCategories;

/// One split; a tokenizer may have several, each of which cuts the words of the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    /// At white space, every punctuation character a word of its own.
    ///
    /// Done here, with the Unicode tables that published models were trained on: `tokenizers` 1.0 has newer ones than
    /// the releases before it. For 143 characters that Unicode gained or changed since its version 8 (U+061D ARABIC
    /// END OF TEXT MARK is one) it yields other words, and so other ids, than `transformers` and every 0.x.
    Bert,
    /// At white space, and between letters and marks.
    Words,
    /// At white space.
    Spaces,
}

impl Split {
    fn apply<'a>(self, text: &'a str, words: &mut Vec<&'a str>) -> tokenizers::Result<()> {
        match self {
            Self::Bert => words.extend(bert(text)),
            Self::Spaces => words.extend(text.split_whitespace()),
            Self::Words => {
                let mut spans = Vec::new();
                Whitespace.pre_tokenize(text, &mut PreTokenizerScratch::default(), &mut spans)?;
                words.extend(spans.iter().map(|span| &text[span.range()]));
            }
        }
        Ok(())
    }
}

/// The words of `text` after all `splits`; without one the text is a word.
pub(super) fn words<'a>(splits: &[Split], text: &'a str) -> tokenizers::Result<Vec<&'a str>> {
    let mut words = vec![text];
    for split in splits {
        for text in std::mem::take(&mut words) {
            split.apply(text, &mut words)?;
        }
    }
    Ok(words)
}

fn bert(text: &str) -> impl Iterator<Item = &str> {
    text.split(char::is_whitespace)
        .flat_map(|run| run.split_inclusive(is_punctuation))
        .flat_map(|piece| match piece.chars().next_back() {
            Some(last) if is_punctuation(last) => {
                let (word, mark) = piece.split_at(piece.len() - last.len_utf8());
                [word, mark]
            }
            _ => [piece, ""],
        })
        .filter(|word| !word.is_empty())
}

/// All ASCII symbols count ("$", "`"), and Unicode's punctuation.
fn is_punctuation(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_punctuation() } else { c.is_punctuation() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_marks() {
        let split = |text| bert(text).collect::<Vec<_>>();
        assert_eq!(split("  Hey, friend!\u{3000}$5?!? "), ["Hey", ",", "friend", "!", "$", "5", "?", "!", "?"]);
        assert_eq!(split("«a»—b"), ["«", "a", "»", "—", "b"]);
        assert_eq!(split(""), [""; 0]);
        // Punctuation since Unicode 14: part of the word for every published BERT tokenizer.
        assert_eq!(split("a\u{61d}b"), ["a\u{61d}b"]);
    }

    #[test]
    fn splits_one_after_the_other() {
        let text = " it's\u{a0}5%-ish \u{61d}";
        assert_eq!(words(&[], text).unwrap(), [text]);
        assert_eq!(words(&[Split::Spaces], text).unwrap(), ["it's", "5%-ish", "\u{61d}"]);
        assert_eq!(words(&[Split::Words], text).unwrap(), ["it", "'", "s", "5", "%-", "ish", "\u{61d}"]);
        let both = words(&[Split::Words, Split::Bert], text).unwrap();
        assert_eq!(both, ["it", "'", "s", "5", "%", "-", "ish", "\u{61d}"]);
    }
}
