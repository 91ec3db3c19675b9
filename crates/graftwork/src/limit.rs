//! How much of a text is read, and what that leaves out of a data set.

use graftwork_text::{Encoding, LongTexts};

/// How much of a text is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextLimit {
    /// The most tokens of a sequence, special tokens included. Default and most: what the backbone takes.
    pub max_length: Option<usize>,
    /// What is read of a longer text. Default: its first tokens, but contexts of questions are always read in windows.
    pub long_texts: LongTexts,
}

impl From<usize> for TextLimit {
    fn from(max_length: usize) -> Self {
        Some(max_length).into()
    }
}

impl From<Option<usize>> for TextLimit {
    fn from(max_length: Option<usize>) -> Self {
        Self { max_length, ..Self::default() }
    }
}

impl TextLimit {
    /// The choice for longer texts as files record it: the default, which is older than the choice, is left out.
    #[must_use]
    pub fn recorded(&self) -> Option<LongTexts> {
        Some(self.long_texts).filter(|choice| *choice != LongTexts::First)
    }
}

/// What of the texts of a data set is not read, or hardly understood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Survey {
    /// How many texts there are.
    pub texts: usize,
    /// How many have more tokens than one sequence may have.
    pub longer: usize,
    /// Tokens of the longest, special tokens included.
    pub longest: usize,
    /// How many are not read whole.
    pub truncated: usize,
    /// How many are in a language or script that the backbone's vocabulary hardly knows.
    pub uncovered: usize,
}

impl Survey {
    /// Of texts by their sequences, of at most `max_length` tokens each.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a [Encoding]>, max_length: usize) -> Self {
        let mut survey = Self::default();
        for text in texts.into_iter().filter_map(|sequences| Some(sequences.first()?.of)) {
            survey.texts += 1;
            survey.longer += usize::from(text.tokens > max_length);
            survey.longest = survey.longest.max(text.tokens);
            survey.truncated += usize::from(text.is_truncated());
            survey.uncovered += usize::from(!text.coverage.is_good());
        }
        survey
    }
}
