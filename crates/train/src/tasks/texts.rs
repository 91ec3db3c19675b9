//! What tasks share that say something of a text as a whole, or of two that belong together.

use graftwork_text::{Encoding, Text};

use super::Tokenizing;
use crate::{Error, Result};

/// Of each text its windows, mostly one.
pub(super) type Windows = Vec<Vec<Encoding>>;

/// Tokenises texts.
pub(super) fn encode<'t>(texts: impl Iterator<Item = &'t Text>, how: &Tokenizing<'_>) -> Result<Windows> {
    let encode = |text: &Text| how.tokenizer.encode_text(text, how.max_length, how.long_texts);
    Ok(texts.map(encode).collect::<graftwork_text::Result<_>>()?)
}

/// Refuses data without an example, or with one that has no sequence; `truths` is how many examples have a truth.
pub(super) fn check(what: &'static str, texts: &Windows, truths: usize) -> Result<()> {
    if texts.is_empty() || texts.iter().any(Vec::is_empty) {
        return Err(Error::NoExamples { what });
    }
    if truths != texts.len() {
        return Err(Error::NoLabel { what, index: truths.min(texts.len()) });
    }
    Ok(())
}

/// Some of a list.
pub(super) fn some<T: Clone>(all: &[T], chosen: &[usize]) -> Vec<T> {
    chosen.iter().map(|example| all[*example].clone()).collect()
}
