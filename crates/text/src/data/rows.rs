//! Between the formats, which know rows, and the readers of data sets, which know what a row of theirs has.

use std::borrow::Cow;

use super::labels::short;
use crate::{Error, Result, RowError, RowErrors};

/// A data set that takes more memory is refused while it is read.
const MAX_KEPT_BYTES: usize = 400 << 20;

/// The longest list: a hostile one has more members than any text has words.
pub(super) const MAX_MEMBERS: usize = 100_000;

/// A column (or JSON key) that a data set looks at; of all others nothing is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column<'a> {
    /// What it holds, for messages.
    pub(super) what: &'static str,
    pub(super) name: &'a str,
    /// A table without it is refused by its header.
    pub(super) required: bool,
    /// What its values may be beside single ones.
    pub(super) shape: Shape,
    /// Columns that together do as well.
    pub(super) stand_ins: &'static [&'static str],
}

/// What a column's values may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A text, a number or a boolean.
    One,
    /// A list of those.
    List,
    /// A question's answers.
    Answers,
}

/// An answer as a row has it: its text, and the code point of the context that it begins at.
pub(super) type RawAnswer = (String, usize);

impl<'a> Column<'a> {
    pub(super) fn text(what: &'static str, name: &'a str) -> Self {
        Self { what, name, required: true, shape: Shape::One, stand_ins: &[] }
    }

    pub(super) fn list(what: &'static str, name: &'a str) -> Self {
        Self { required: false, shape: Shape::List, ..Self::text(what, name) }
    }

    pub(super) fn answers(name: &'a str) -> Self {
        Self { required: false, shape: Shape::Answers, ..Self::text("answers", name) }
    }
}

/// One row of a file. Each method gives one of the columns or says what is wrong with it.
pub(super) trait Row {
    fn text(&self, column: &str) -> Result<Cow<'_, str>, String>;

    /// The name of a label.
    fn label(&self, column: &str) -> Result<Cow<'_, str>, String>;

    /// A list of texts, which only JSON has.
    fn list(&self, column: &str) -> Result<Vec<String>, String> {
        Err(format!("{column:?} is a list, which only .jsonl has"))
    }

    /// A question's answers, which only JSON has.
    fn answers(&self, column: &str) -> Result<Vec<RawAnswer>, String> {
        Err(format!("{column:?} is a list, which only .jsonl has"))
    }

    /// The names of labels: a list in JSON, elsewhere a text that is cut at every `separator`.
    fn labels(&self, column: &str, separator: &str) -> Result<Vec<String>, String> {
        let text = self.text(column)?;
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        if text.matches(separator).nth(MAX_MEMBERS - 1).is_some() {
            return Err(format!("{column:?} has more than {MAX_MEMBERS} labels"));
        }
        Ok(text.split(separator).map(|name| name.trim().to_owned()).collect())
    }

    /// A finite number.
    fn number(&self, column: &str) -> Result<f64, String> {
        let text = self.text(column)?;
        let number = text.trim().parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| format!("{column:?} is {:?}, not a number", short(&text)))
    }

    /// Whether the row has such a column.
    fn has(&self, column: &str) -> bool;
}

/// What became of a row.
pub(super) enum Taken {
    /// All rows together take so many bytes of memory.
    Kept(usize),
    /// Whoever takes the rows has had enough.
    Enough,
}

/// Takes a row or says what is wrong with it. `clean` says that no row before was bad.
pub(super) type Take<'a> = &'a mut dyn FnMut(&dyn Row, bool) -> Result<Taken, String>;

/// The rows of one file while it is read.
pub(super) struct Rows<'a> {
    /// What messages call the file.
    pub(super) name: &'a str,
    pub(super) columns: Vec<Column<'a>>,
    take: Take<'a>,
    errors: Vec<RowError>,
    count: usize,
    kept: usize,
    stopped: bool,
}

impl<'a> Rows<'a> {
    pub(super) fn new(name: &'a str, columns: Vec<Column<'a>>, take: Take<'a>) -> Self {
        Self { name, columns, take, errors: Vec::new(), count: 0, kept: 0, stopped: false }
    }

    /// A row that is one by its format.
    pub(super) fn offer(&mut self, line: u64, row: &dyn Row) {
        match (self.take)(row, self.errors.is_empty()) {
            Ok(Taken::Kept(bytes)) => (self.count, self.kept) = (self.count + 1, bytes),
            Ok(Taken::Enough) => self.stopped = true,
            Err(reason) => self.reject(line, reason),
        }
    }

    /// A bad row.
    pub(super) fn reject(&mut self, line: u64, reason: impl Into<String>) {
        self.errors.push(RowError { line, reason: reason.into() });
    }

    /// Whether reading should stop: enough bad rows were seen, there is too much to keep, or whoever takes the rows has
    /// had enough.
    pub(super) fn full(&self) -> bool {
        self.stopped || self.errors.len() >= RowErrors::LIMIT || self.kept > MAX_KEPT_BYTES
    }

    /// What was wrong, if anything.
    pub(super) fn finish(self) -> Result<()> {
        if !self.errors.is_empty() {
            return Err(Error::Rows(RowErrors { name: self.name.to_owned(), rows: self.errors }));
        }
        if self.kept > MAX_KEPT_BYTES {
            let (rows, mib) = (self.count, MAX_KEPT_BYTES >> 20);
            let reason = format!("its first {rows} rows take {mib} MiB of memory: split the file");
            return Err(Error::file(self.name, reason));
        }
        Ok(())
    }
}
