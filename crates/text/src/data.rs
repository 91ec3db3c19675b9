//! Labelled and unlabelled text from files: `.tsv`, `.csv`, `.jsonl` and `.txt`, gzip or not.
//!
//! | format | rows | labels |
//! |---|---|---|
//! | `.tsv` | header, then one row a line; columns separated by tabs; **no** quoting, no escapes | a column |
//! | `.csv` | header, then rows as in RFC 4180: commas, `"` quotes, which may enclose line breaks | a column |
//! | `.jsonl`, `.ndjson` | one JSON object a line | a string, an integer, or a boolean |
//! | `.txt` | one text a line, empty lines included | none |
//!
//! Blank lines are skipped except in `.txt`, where a prediction must come out for every line that went in. A byte
//! order mark and Windows line ends are understood. Nothing is trimmed.

mod csv_row;
mod delimited;
mod jsonl;
mod labels;
mod lines;
mod rows;
pub(crate) mod source;

use std::io::{BufRead, Read};
use std::ops::ControlFlow;
use std::path::Path;

use crate::{Error, Result};

/// One row of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The text, as it stands in the file.
    pub text: String,
    /// Index into [`Dataset::labels`]; `None` when labels were not read.
    pub label: Option<usize>,
}

/// The rows of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// The rows, in file order; never empty for a labelled data set.
    pub examples: Vec<Example>,
    /// The names of the labels. Those that were given, or else those found: numerically sorted when all of them are
    /// integers, else sorted by their bytes.
    pub labels: Vec<String>,
}

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
    /// The column (or JSON key) that holds the label; default `label`.
    pub label_column: String,
    /// Read labels: every row must have one. Default true; when false the label column is not looked at.
    pub read_labels: bool,
    /// The labels in the order of their indices; a row with another label is an error. Default `None`: as found.
    pub labels: Option<Vec<String>>,
    /// The format; default `None`: as the file's name says.
    pub format: Option<Format>,
    /// Bytes of unpacked data after which reading stops with an error; default 1 GiB.
    pub max_bytes: u64,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            text_column: "text".to_owned(),
            label_column: "label".to_owned(),
            read_labels: true,
            labels: None,
            format: None,
            max_bytes: 1 << 30,
        }
    }
}

impl Dataset {
    /// Reads a data file; `-` is standard input, whose format must be given.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read, [`Error::File`] when it is unusable as a whole, [`Error::Rows`] with up
    /// to ten bad rows and their line numbers.
    pub fn from_path(path: &Path, options: &ReadOptions) -> Result<Self> {
        if path == Path::new("-") {
            return Self::from_reader("standard input", std::io::stdin().lock(), options);
        }
        let name = path.display().to_string();
        let file = std::fs::File::open(path).map_err(|source| Error::Io { name: name.clone(), source })?;
        Self::from_reader(&name, file, options)
    }

    /// Reads a data file from memory. `name` is what messages call it, and its extension tells the format.
    ///
    /// # Errors
    /// As [`Dataset::from_path`].
    pub fn from_bytes(name: &str, bytes: &[u8], options: &ReadOptions) -> Result<Self> {
        Self::from_reader(name, bytes, options)
    }

    /// Reads a data file from a stream. `name` is what messages call it, and its extension tells the format.
    ///
    /// # Errors
    /// As [`Dataset::from_path`].
    pub fn from_reader(name: &str, reader: impl Read, options: &ReadOptions) -> Result<Self> {
        let format = format_of(name, options)?;
        if format == Format::Txt && options.read_labels {
            return Err(Error::file(name, "a text file has no labels: use .tsv, .csv or .jsonl"));
        }
        let mut rows = rows::Rows::new(name, options)?;
        read(format, source::open(name, reader, options.max_bytes)?, &mut rows)?;
        rows.finish()
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.examples.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.examples.is_empty()
    }
}

/// Reads only the texts of a stream, `chunk` at a time, so that the memory in use does not grow with the stream.
///
/// `take` gets each chunk in order and may stop the reading. Labels are not looked at ([`ReadOptions::read_labels`]
/// counts as false), [`ReadOptions::max_bytes`] holds, and rows before a bad one may have been handed on already.
///
/// # Errors
/// As [`Dataset::from_path`].
pub fn for_each_chunk(
    name: &str,
    reader: impl Read,
    options: &ReadOptions,
    chunk: usize,
    take: &mut dyn FnMut(Vec<String>) -> ControlFlow<()>,
) -> Result<()> {
    let options = ReadOptions { read_labels: false, ..options.clone() };
    let format = format_of(name, &options)?;
    let mut rows = rows::Rows::new(name, &options)?.in_chunks(chunk, take);
    read(format, source::open(name, reader, options.max_bytes)?, &mut rows)?;
    rows.finish().map(drop)
}

fn format_of(name: &str, options: &ReadOptions) -> Result<Format> {
    options.format.or_else(|| Format::of_name(name)).ok_or_else(|| {
        Error::file(name, "the name does not tell the format (.tsv, .csv, .jsonl or .txt, optionally .gz): give it")
    })
}

fn read(format: Format, source: Box<dyn BufRead + '_>, rows: &mut rows::Rows<'_>) -> Result<()> {
    match format {
        Format::Tsv => delimited::read_tsv(source, rows),
        Format::Csv => delimited::read_csv(source, rows),
        Format::Jsonl => jsonl::read(source, rows),
        Format::Txt => lines::read_txt(source, rows),
    }
}

#[cfg(test)]
mod tests;
