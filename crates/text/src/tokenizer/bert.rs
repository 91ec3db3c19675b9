//! BERT's split into words, with the Unicode tables that published models were trained on.
//!
//! `tokenizers` 1.0 has newer punctuation tables than the releases before it: for 143 characters that Unicode gained or
//! changed since its version 8 (U+061D ARABIC END OF TEXT MARK is one) its own `BertPreTokenizer` yields other words,
//! and so other ids, than `transformers` and every `tokenizers` 0.x. So this one step is done here; the steps around it,
//! normalizing, matching added tokens and WordPiece, are the crate's.

use std::sync::Mutex;

use tokenizers::pipeline::{
    Model, PipelineModelScratch, PipelinePreTokenizer, PipelineToken, PipelineTokenizer, Segment,
    SpecialSegmentIterator, normalize_all,
};
use unicode_categories::UnicodeCategories;

/// The buffers of the model, one for each thread that is encoding; a buffer remembers the words it has met.
#[derive(Default)]
pub(super) struct Scratches(Mutex<Vec<PipelineModelScratch>>);

/// Whether this tokenizer splits words as BERT does.
pub(super) fn is_bert(pipeline: &PipelineTokenizer) -> bool {
    matches!(pipeline.get_pre_tokenizer(), PipelinePreTokenizer::Bert(_))
}

/// Token ids of `text`, without special tokens around it.
pub(super) fn encode(
    pipeline: &PipelineTokenizer,
    scratches: &Scratches,
    text: &str,
) -> tokenizers::Result<Vec<PipelineToken>> {
    let kept = scratches.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
    let mut scratch = kept.unwrap_or_else(|| pipeline.get_model().init_scratch());
    let mut tokens = Vec::with_capacity(text.len() / 4);
    let added = pipeline.get_added_vocabulary();
    // Added tokens are looked for twice, those to be matched as written and then those to be matched normalized.
    for segment in SpecialSegmentIterator::new(text, added, false, false) {
        let (chunk, offset) = match segment {
            Segment::SpecialToken(id) => {
                tokens.push(id.into());
                continue;
            }
            Segment::Text { text, input_offset } => (text, input_offset),
        };
        let normalized = normalize_all(pipeline.get_normalizers(), chunk, offset)?;
        for segment in SpecialSegmentIterator::new(&normalized, added, true, false) {
            match segment {
                Segment::SpecialToken(id) => tokens.push(id.into()),
                Segment::Text { text, .. } => {
                    for word in words(text) {
                        pipeline.get_model().tokenize_pipeline(word, &mut scratch, &mut tokens)?;
                    }
                }
            }
        }
    }
    scratches.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(scratch);
    Ok(tokens)
}

/// Words between white space, every punctuation character a word of its own.
fn words(text: &str) -> impl Iterator<Item = &str> {
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
        let split = |text| words(text).collect::<Vec<_>>();
        assert_eq!(split("  Hey, friend!\u{3000}$5?!? "), ["Hey", ",", "friend", "!", "$", "5", "?", "!", "?"]);
        assert_eq!(split("«a»—b"), ["«", "a", "»", "—", "b"]);
        assert_eq!(split(""), [""; 0]);
        // Punctuation since Unicode 14: part of the word for every published BERT tokenizer.
        assert_eq!(split("a\u{61d}b"), ["a\u{61d}b"]);
    }
}
