//! The one error type of this crate.

use std::fmt;
use std::path::PathBuf;

/// What goes wrong between a file of text and a batch of token ids.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or stream could not be read.
    #[error("cannot read {name}")]
    Io {
        /// The file's path, or what the stream is called in messages.
        name: String,
        /// What the operating system (or the gzip decoder) said.
        #[source]
        source: std::io::Error,
    },

    /// A directory holds no form of a tokenizer.
    #[error(
        "{} holds neither tokenizer.json, vocab.txt nor vocab.json with merges.txt: one of them is needed",
        dir.display()
    )]
    NoTokenizer {
        /// The directory that was searched.
        dir: PathBuf,
    },

    /// A tokenizer file is broken, or asks for something that is not supported.
    #[error("{name}: {reason}")]
    Tokenizer {
        /// The file's path, or `tokenizer.json` when it came as bytes.
        name: String,
        /// What is wrong and, where it is known, what to do.
        reason: String,
    },

    /// `max_length` cannot hold the special tokens.
    #[error(
        "max_length {max_length} is too small: the special tokens alone take {special}, and the text needs room too"
    )]
    MaxLength {
        /// The length that was asked for, in tokens.
        max_length: usize,
        /// How many special tokens every sequence gets.
        special: usize,
    },

    /// A text is too long for its bytes to be counted in 32 bits.
    #[error("a text of {bytes} bytes is too long to be tokenized as one: cut it")]
    TooLong {
        /// Its length.
        bytes: usize,
    },

    /// More than the first tokens of two texts that belong together are to be read.
    #[error("of pairs of texts only first tokens can be read: take `first`, where the longer of the two is cut first")]
    LongPair,

    /// A whole data file is unusable: no header, no such column, unknown format, nothing in it, too large.
    #[error("{name}: {reason}")]
    File {
        /// The file's path, or what the stream is called in messages.
        name: String,
        /// What is wrong and what to do about it.
        reason: String,
    },

    /// Some rows of a data file are bad.
    #[error("{0}")]
    Rows(RowErrors),
}

/// `Result` with this crate's [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn tokenizer(name: &str, reason: impl Into<String>) -> Self {
        Self::Tokenizer { name: name.to_owned(), reason: reason.into() }
    }

    pub(crate) fn file(name: &str, reason: impl Into<String>) -> Self {
        Self::File { name: name.to_owned(), reason: reason.into() }
    }
}

/// One bad row of a data file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// Line in the (unpacked) file, counted from 1; for a quoted CSV field over several lines, where the row starts.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// The bad rows of one file: at most [`RowErrors::LIMIT`] are collected, then reading stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowErrors {
    /// The file's path, or what the stream is called in messages.
    pub name: String,
    /// The rows, in file order; never empty.
    pub rows: Vec<RowError>,
}

impl RowErrors {
    /// How many bad rows one message names.
    pub const LIMIT: usize = 10;
}

impl fmt::Display for RowErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [row] = &self.rows[..] {
            return write!(out, "{}:{}: {}", self.name, row.line, row.reason);
        }
        write!(out, "{} bad rows in {}:", self.rows.len(), self.name)?;
        for row in &self.rows {
            write!(out, "\n  {}:{}: {}", self.name, row.line, row.reason)?;
        }
        if self.rows.len() >= Self::LIMIT {
            write!(out, "\n  (stopped reading here)")?;
        }
        Ok(())
    }
}
