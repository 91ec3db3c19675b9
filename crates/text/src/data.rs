//! Text from files: `.tsv`, `.csv`, `.jsonl` and `.txt`, gzip or not.
//!
//! | format | rows | label or score | several labels | lists of words |
//! |---|---|---|---|---|
//! | `.tsv` | header, then one row a line; columns separated by tabs; **no** quoting, no escapes | a column | a column with a separator | |
//! | `.csv` | header, then rows as in RFC 4180: commas, `"` quotes, which may enclose line breaks | a column | a column with a separator | |
//! | `.jsonl`, `.ndjson` | one JSON object a line | a string, an integer, or a boolean; a number | an array | an array |
//! | `.txt` | one text a line, empty lines included | none | none | |
//!
//! Blank lines are skipped except in `.txt`, where a prediction must come out for every line that went in. A byte
//! order mark and Windows line ends are understood. Nothing is trimmed.
//!
//! What a row has is up to the kind of data set: a text and a label ([`Dataset`]), labels ([`MultiLabelDataset`]) or a number
//! ([`ScoredDataset`]), words and their tags ([`TaggedDataset`]), with an
//! intent or not ([`IntentDataset`]), questions about
//! passages ([`QuestionDataset`]), texts to choose from ([`ChoiceDataset`]), or something to predict ([`for_each_chunk`]). Wherever a
//! text is, two that belong together may be ([`Text`]). [`Predictions`] are what came out of a prediction.

mod answers;
mod choices;
mod corpus;
mod csv_row;
mod delimited;
mod intents;
mod jsonl;
mod labels;
mod lines;
mod multi_label;
mod predictions;
mod questions;
mod rows;
mod scored;
pub(crate) mod source;
mod tagged;
mod text;
mod texts;
mod unlabelled;

use std::io::{BufRead, Read};
use std::path::Path;

use crate::{Error, Result};

pub use choices::{ChoiceDataset, Choices};
pub use corpus::Corpus;
pub use intents::IntentDataset;
pub use multi_label::{LabelledText, MultiLabelDataset};
pub use predictions::{Prediction, Predictions};
pub use questions::{Question, QuestionDataset};
pub use scored::{ScoredDataset, ScoredText};
pub use tagged::{Sentence, TaggedDataset};
pub use text::{AsText, Text};
pub use texts::{Dataset, Example};
pub use unlabelled::{Input, InputKind, for_each_chunk};

/// The format of a data file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Tab-separated with a header; no quoting or escapes.
    Tsv,
    /// Comma-separated with a header and `"` quotes.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// One text a line, no labels.
    Txt,
}

impl Format {
    /// The format that a file name says, `.gz` aside; `None` for an unknown extension.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        match name.rsplit_once('.')?.1 {
            "tsv" | "tab" => Some(Self::Tsv),
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "txt" | "text" => Some(Self::Txt),
            _ => None,
        }
    }
}

/// How a data file is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// The column (or JSON key) that holds the text; default `text`.
    pub text_column: String,
    /// The column (or JSON key) that holds the second of two texts that belong together. Default `None`: `text_pair`, where
    /// there is one; without a column `text`, texts are read from `text_a` and `text_b`.
    pub text_pair_column: Option<String>,
    /// The column (or JSON key) that holds the label; default `label`.
    pub label_column: String,
    /// The column (or JSON key) that holds all labels of a text that may have several; default `labels`.
    pub labels_column: String,
    /// What stands between those labels in a table; default `,`. Spaces round a label are not part of it.
    pub label_separator: String,
    /// The column (or JSON key) that holds a text's number, where one is learned; default `score`.
    pub score_column: String,
    /// The JSON key that holds a list of words; default `tokens`.
    pub tokens_column: String,
    /// The JSON key that holds the words' tags; default `tags`.
    pub tags_column: String,
    /// The JSON key that holds a sentence's intent, beside its words' tags; default `intent`.
    pub intent_column: String,
    /// The column (or JSON key) that holds what is asked; default `question`.
    pub question_column: String,
    /// The column (or JSON key) that holds the passage that is asked about, or what goes before a question; default `context`.
    pub context_column: String,
    /// The JSON key that holds a question's answers; default `answers`.
    pub answers_column: String,
    /// The JSON key that holds the texts to choose from; default `choices`.
    pub choices_column: String,
    /// What the rows are where something is to be predicted; default texts.
    pub inputs: InputKind,
    /// Read labels: every row must have one. Default true; when false the label column is not looked at.
    pub read_labels: bool,
    /// The labels in the order of their indices; a row with another label is an error. Default `None`: as found.
    pub labels: Option<Vec<String>>,
    /// The same of the words' tags, where sentences have both tags and an intent, whose names are `labels` then.
    pub tags: Option<Vec<String>>,
    /// The format; default `None`: as the file's name says.
    pub format: Option<Format>,
    /// Of a corpus: each text is a sequence of its own; default false.
    pub line_by_line: bool,
    /// Bytes of unpacked data after which reading stops with an error; default 1 GiB.
    pub max_bytes: u64,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            text_column: "text".to_owned(),
            text_pair_column: None,
            label_column: "label".to_owned(),
            labels_column: "labels".to_owned(),
            label_separator: ",".to_owned(),
            score_column: "score".to_owned(),
            tokens_column: "tokens".to_owned(),
            tags_column: "tags".to_owned(),
            intent_column: "intent".to_owned(),
            question_column: "question".to_owned(),
            context_column: "context".to_owned(),
            answers_column: "answers".to_owned(),
            choices_column: "choices".to_owned(),
            inputs: InputKind::Texts,
            read_labels: true,
            labels: None,
            tags: None,
            format: None,
            line_by_line: false,
            max_bytes: 1 << 30,
        }
    }
}

fn format_of(name: &str, options: &ReadOptions) -> Result<Format> {
    options.format.or_else(|| Format::of_name(name)).ok_or_else(|| {
        Error::file(name, "the name does not tell the format (.tsv, .csv, .jsonl or .txt, optionally .gz): give it")
    })
}

/// A file or, for `-`, standard input, with what messages call it.
fn open_path(path: &Path) -> Result<(String, Box<dyn Read>)> {
    if path == Path::new("-") {
        return Ok(("standard input".to_owned(), Box::new(std::io::stdin().lock())));
    }
    let name = path.display().to_string();
    let file = std::fs::File::open(path).map_err(|source| Error::Io { name: name.clone(), source })?;
    Ok((name, Box::new(file)))
}

/// The ways in of a data set that has a `from_reader`.
macro_rules! data_file {
    ($data:ty) => {
        impl $data {
            /// Reads a data file; `-` is standard input, whose format must be given.
            ///
            /// # Errors
            /// [`Error::Io`](crate::Error::Io) when it cannot be read, [`Error::File`](crate::Error::File) when it is unusable
            /// as a whole, [`Error::Rows`](crate::Error::Rows) with up to ten bad rows and their line numbers.
            pub fn from_path(path: impl AsRef<std::path::Path>, options: &ReadOptions) -> Result<Self> {
                let (name, reader) = super::open_path(path.as_ref())?;
                Self::from_reader(&name, reader, options)
            }

            /// Reads a data file from memory. `name` is what messages call it, and its extension tells the format.
            ///
            /// # Errors
            /// As from a path.
            pub fn from_bytes(name: &str, bytes: &[u8], options: &ReadOptions) -> Result<Self> {
                Self::from_reader(name, bytes, options)
            }
        }
    };
}
use data_file;

/// What messages call data that comes from no file.
const IN_MEMORY: &str = "the data";

fn in_memory(index: usize, problem: &str) -> Error {
    Error::file(IN_MEMORY, format!("example {index} (counted from 0): {problem}"))
}

fn nothing_in(name: &str) -> Error {
    Error::file(name, "there are no rows in it")
}

/// Hands all rows of a stream to `take`, with what they have of these columns.
fn read_rows<'a>(
    name: &'a str,
    reader: impl Read,
    options: &ReadOptions,
    columns: Vec<rows::Column<'a>>,
    take: rows::Take<'a>,
) -> Result<()> {
    let format = format_of(name, options)?;
    let source: Box<dyn BufRead + '_> = source::open(name, reader, options.max_bytes)?;
    let mut rows = rows::Rows::new(name, columns, take);
    match format {
        Format::Tsv => delimited::read_tsv(source, &mut rows),
        Format::Csv => delimited::read_csv(source, &mut rows),
        Format::Jsonl => jsonl::read(source, &mut rows),
        Format::Txt => lines::read_txt(source, &mut rows),
    }?;
    rows.finish()
}

#[cfg(test)]
mod tests;
