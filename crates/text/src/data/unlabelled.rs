//! What is to be predicted: texts or lists of words, a chunk at a time.

use std::io::Read;
use std::ops::ControlFlow;

use super::rows::{Column, Taken};
use super::text::{Text, TextColumns};
use super::{ReadOptions, read_rows};
use crate::Result;

/// Something to predict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A text, or two that belong together.
    Text(Text),
    /// A text that is already split into words.
    Words(Vec<String>),
}

impl Input {
    /// About how much memory it takes.
    fn bytes(&self) -> usize {
        let own = match self {
            Self::Text(text) => text.bytes(),
            Self::Words(words) => words.iter().map(|word| word.len() + size_of::<String>()).sum(),
        };
        own + 2 * size_of::<Self>()
    }
}

/// Reads only the texts of a stream, `chunk` at a time, so that the memory in use does not grow with the stream. A row
/// of `.jsonl` that has no text but a list of words is that list.
///
/// `take` gets each chunk in order and may stop the reading. Labels are not looked at ([`ReadOptions::read_labels`]
/// counts as false), [`ReadOptions::max_bytes`] holds, and rows before a bad one may have been handed on already.
///
/// # Errors
/// As [`Dataset::from_path`](super::Dataset::from_path).
pub fn for_each_chunk(
    name: &str,
    reader: impl Read,
    options: &ReadOptions,
    chunk: usize,
    take: &mut dyn FnMut(Vec<Input>) -> ControlFlow<()>,
) -> Result<()> {
    let (mut inputs, mut bytes, mut stopped) = (Vec::new(), 0, false);
    let texts = TextColumns::new(options);
    let mut columns = texts.columns();
    columns.push(Column::list("words", &options.tokens_column));
    read_rows(name, reader, options, columns, &mut |row, clean| {
        let is_words = !texts.are_in(row) && row.has(&options.tokens_column);
        let input = match is_words {
            true => Input::Words(row.list(&options.tokens_column)?),
            false => Input::Text(texts.take(row)?),
        };
        // After a bad row, nothing more.
        if clean {
            bytes += input.bytes();
            inputs.push(input);
        }
        if clean && inputs.len() >= chunk.max(1) {
            bytes = 0;
            stopped = take(std::mem::take(&mut inputs)).is_break();
        }
        Ok(if stopped { Taken::Enough } else { Taken::Kept(bytes) })
    })?;
    if !inputs.is_empty() && !stopped {
        let _ = take(inputs);
    }
    Ok(())
}
