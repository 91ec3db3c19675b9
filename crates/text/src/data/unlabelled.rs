//! What is to be predicted: texts, lists of words, questions or prompts with choices, a chunk at a time.

use std::io::Read;
use std::ops::ControlFlow;

use super::choices::Choices;
use super::rows::{Column, Row, Taken};
use super::text::{Text, TextColumns};
use super::{Format, ReadOptions, format_of, read_rows};
use crate::{Error, Result};

/// Something to predict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A text, or two that belong together.
    Text(Text),
    /// A text that is already split into words.
    Words(Vec<String>),
    /// A prompt with what there is to choose from.
    Choices(Choices),
}

/// What the rows of a file of inputs are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum InputKind {
    /// Texts, pairs of them, or lists of words.
    #[default]
    Texts,
    /// Questions, each with its context: pairs of texts.
    Questions,
    /// Prompts, each with its choices.
    Choices,
}

impl Input {
    /// About how much memory it takes.
    fn bytes(&self) -> usize {
        let own = match self {
            Self::Text(text) => text.bytes(),
            Self::Words(words) => words.iter().map(|word| word.len() + size_of::<String>()).sum(),
            Self::Choices(choices) => choices.bytes(),
        };
        own + 2 * size_of::<Self>()
    }
}

/// Reads only what is to be predicted of a stream, `chunk` at a time, so that the memory in use does not grow with the
/// stream: what [`ReadOptions::inputs`] says. A row of `.jsonl` that has no text but a list of words is that list.
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
    if options.inputs != InputKind::Texts && format_of(name, options)? == Format::Txt {
        let reason =
            "a line of text alone is no question with a context: give .jsonl, or .tsv or .csv with both columns";
        return Err(Error::file(name, reason));
    }
    read_rows(name, reader, options, options.inputs.columns(options), &mut |row, clean| {
        let input = options.inputs.take(row, options)?;
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

impl InputKind {
    fn columns(self, options: &ReadOptions) -> Vec<Column<'_>> {
        match self {
            Self::Texts => {
                let mut columns = TextColumns::new(options).columns();
                columns.push(Column::list("words", &options.tokens_column));
                columns
            }
            Self::Questions => vec![
                Column::text("question", &options.question_column),
                Column::text("context", &options.context_column),
            ],
            Self::Choices => Choices::columns(options),
        }
    }

    /// What a row asks for, or what is wrong with it.
    fn take(self, row: &dyn Row, options: &ReadOptions) -> Result<Input, String> {
        let text = |name: &str| row.text(name).map(|text| text.into_owned());
        match self {
            Self::Texts => {
                let texts = TextColumns::new(options);
                let is_words = !texts.are_in(row) && row.has(&options.tokens_column);
                Ok(if is_words {
                    Input::Words(row.list(&options.tokens_column)?)
                } else {
                    Input::Text(texts.take(row)?)
                })
            }
            Self::Questions => {
                let (first, second) = (text(&options.question_column)?, text(&options.context_column)?);
                Ok(Input::Text(Text { first, second: Some(second) }))
            }
            Self::Choices => Choices::of(row, options).map(Input::Choices),
        }
    }
}
