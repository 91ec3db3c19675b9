//! Text to token ids: the calls.

use super::encoding::{Encoding, longest_first};
use super::long_texts::{LongTexts, only, union, windows};
use super::pipeline::Spelled;
use super::{Tokenizer, template};
use crate::{AsText, Error, Result};

/// A text to encode.
pub(super) enum Input<'a> {
    Text(&'a str),
    Words(&'a [&'a str]),
}

impl Tokenizer {
    /// Tokenizes `text` as `transformers` does with `truncation=True, max_length=max_length, padding=False`.
    ///
    /// The result has at most `max_length` tokens, `[CLS]` and `[SEP]` among them; what does not fit is cut from the
    /// end of the text, and the final `[SEP]` stays. Special tokens spelled out in the text (`"[MASK]"`) are
    /// recognised, as they are there.
    ///
    /// # Errors
    /// [`Error::MaxLength`] when `max_length` leaves no room for the text; [`Error::TooLong`] for a text of 4 GB.
    pub fn encode(&self, text: &str, max_length: usize) -> Result<Encoding> {
        self.one(&Input::Text(text), max_length)
    }

    /// The same, but what is read of a longer text is chosen: of windows there are several sequences.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn encode_long(&self, text: &str, max_length: usize, long_texts: LongTexts) -> Result<Vec<Encoding>> {
        self.sequences(&Input::Text(text), max_length, long_texts)
    }

    /// Tokenizes a text as [`Tokenizer::encode_long`], or two that belong together as [`Tokenizer::encode_pair`].
    ///
    /// # Errors
    /// As those, and [`Error::LongPair`] where more than first tokens of a pair are to be read.
    pub fn encode_text(&self, text: &dyn AsText, max_length: usize, long_texts: LongTexts) -> Result<Vec<Encoding>> {
        match text.parts() {
            (text, None) => self.encode_long(text, max_length, long_texts),
            (first, Some(second)) if long_texts == LongTexts::First => {
                Ok(vec![self.encode_pair(first, second, max_length)?])
            }
            _ => Err(Error::LongPair),
        }
    }

    /// Tokenizes two texts that belong together, like a question and a passage: `[CLS] first [SEP] second [SEP]`.
    ///
    /// Where they are too long, the longer is cut first (`truncation="longest_first"` in `transformers`' fast
    /// tokenizers): if both are cut they are equally long, and a token that is left over goes to the one that was
    /// longer, or to the second.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`], and [`Error::Tokenizer`] when this tokenizer knows no pairs.
    pub fn encode_pair(&self, first: &str, second: &str, max_length: usize) -> Result<Encoding> {
        let room = self.room(2, max_length)?;
        // The whole lengths say which of the two is cut.
        let texts = [self.spell(&Input::Text(first), 0, room)?, self.spell(&Input::Text(second), 1, room)?];
        let (first, second) = longest_first(texts[0].count, texts[1].count, room);
        Ok(self.0.pipeline.frame(&texts, &[&only(0..first), &only(0..second)], first + second))
    }

    /// Tokenizes a question and a passage that may be long: `[CLS] question [SEP] part [SEP]` for each window of the
    /// passage, of which each has `stride` tokens in common with the one before. As `transformers` does with
    /// `truncation="only_second", stride=stride, return_overflowing_tokens=True`, except that a question is cut to 64 tokens
    /// (BERT's `max_query_length`) and at most half of the room, and that windows always get on by a token at least.
    /// Where more than `most` windows (at least 2) would be needed, it gives `most` that lie evenly.
    ///
    /// # Errors
    /// As [`Tokenizer::encode_pair`], and [`Error::MaxLength`] when there is no room for a token of each.
    pub fn encode_windows(
        &self,
        question: &str,
        passage: &str,
        max_length: usize,
        (stride, most): (usize, usize),
    ) -> Result<Vec<Encoding>> {
        const MOST_OF_QUESTION: usize = 64;
        let room = self.room(2, max_length)?;
        if room < 2 {
            return Err(Error::MaxLength { max_length, special: max_length - room });
        }
        let texts = [
            self.spell(&Input::Text(question), 0, MOST_OF_QUESTION.min(room / 2))?,
            self.spell(&Input::Text(passage), 1, usize::MAX)?,
        ];
        let asked = texts[0].tokens.len();
        let parts: Vec<_> = windows(texts[1].count, room - asked, stride, most.max(2)).into_iter().map(only).collect();
        let read = asked + union(&parts);
        Ok(parts.iter().map(|part| self.0.pipeline.frame(&texts, &[&only(0..asked), part], read)).collect())
    }

    /// Tokenizes a text that is split into words already (`is_split_into_words=True` in `transformers`).
    ///
    /// Each token's [`Origin`](super::Origin) has the number of its word, and bytes in that word. A word may have no tokens, if it is
    /// empty or all of its characters are ones that the tokenizer drops.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn encode_words<S: AsRef<str>>(&self, words: &[S], max_length: usize) -> Result<Encoding> {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        self.one(&Input::Words(&words), max_length)
    }

    fn one(&self, input: &Input<'_>, max_length: usize) -> Result<Encoding> {
        Ok(self.sequences(input, max_length, LongTexts::First)?.swap_remove(0))
    }

    fn sequences(&self, input: &Input<'_>, max_length: usize, long_texts: LongTexts) -> Result<Vec<Encoding>> {
        let room = self.room(1, max_length)?;
        let most = if long_texts == LongTexts::First { room } else { usize::MAX };
        let spelled = [self.spell(input, 0, most)?];
        let parts = long_texts.parts(spelled[0].count, room);
        let read = union(&parts);
        Ok(parts.iter().map(|parts| self.0.pipeline.frame(&spelled, &[parts], read)).collect())
    }

    /// How many tokens of one text, or of two together, there is room for.
    pub(super) fn room(&self, texts: usize, max_length: usize) -> Result<usize> {
        let pieces = self.0.pipeline.pieces(texts);
        if pieces.is_empty() {
            return Err(Error::tokenizer("tokenizer", "its post-processor has no template for a pair of texts"));
        }
        let special = template::special(pieces);
        let room = max_length.checked_sub(special).filter(|room| *room > 0);
        room.ok_or(Error::MaxLength { max_length, special })
    }

    /// The tokens of a text or of words, of which the first `most` are kept.
    pub(super) fn spell(&self, input: &Input<'_>, sequence: u8, most: usize) -> Result<Spelled> {
        let bytes = match input {
            Input::Text(text) => text.len(),
            Input::Words(words) => words.iter().map(|word| word.len()).sum(),
        };
        if u32::try_from(bytes).is_err() {
            return Err(Error::TooLong { bytes });
        }
        Ok(match input {
            Input::Text(text) => self.0.pipeline.text(text, sequence, most),
            Input::Words(words) => self.0.pipeline.words(words, sequence, most),
        })
    }
}
