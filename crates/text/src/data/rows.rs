//! Where the readers of the formats put their rows, good and bad.

use std::ops::ControlFlow;

use super::labels::Labels;
use super::{Dataset, Example, ReadOptions};
use crate::{Error, Result, RowError, RowErrors};

/// A data set that takes more memory is refused while it is read.
const MAX_KEPT_BYTES: usize = 400 << 20;

/// Takes the texts of a stream, a chunk at a time; may stop the reading.
pub(super) type Chunks<'a> = (usize, &'a mut dyn FnMut(Vec<String>) -> ControlFlow<()>);

/// The rows of one file while it is read.
pub(super) struct Rows<'a> {
    /// What messages call the file.
    pub(super) name: &'a str,
    pub(super) options: &'a ReadOptions,
    examples: Vec<Example>,
    /// How many bytes the examples take.
    kept: usize,
    labels: Labels,
    errors: Vec<RowError>,
    chunks: Option<Chunks<'a>>,
    stopped: bool,
}

impl<'a> Rows<'a> {
    pub(super) fn new(name: &'a str, options: &'a ReadOptions) -> Result<Self> {
        let labels = Labels::new(name, options.labels.as_deref())?;
        Ok(Self {
            name,
            options,
            examples: Vec::new(),
            kept: 0,
            labels,
            errors: Vec::new(),
            chunks: None,
            stopped: false,
        })
    }

    /// Hands the texts on in chunks instead of keeping them.
    pub(super) fn in_chunks(mut self, size: usize, take: &'a mut dyn FnMut(Vec<String>) -> ControlFlow<()>) -> Self {
        self.chunks = Some((size.max(1), take));
        self
    }

    /// A row; `label` is the label's name, `None` when labels are not read.
    pub(super) fn push(&mut self, line: u64, text: &str, label: Option<&str>) {
        match label.map(|label| self.labels.index(label)).transpose() {
            Ok(label) => {
                // A list grows by doubling.
                self.kept += text.len() + 2 * size_of::<Example>();
                self.examples.push(Example { text: text.to_owned(), label });
            }
            Err(reason) => self.reject(line, reason),
        }
        if self.chunks.as_ref().is_some_and(|(size, _)| self.examples.len() >= *size) {
            self.flush();
        }
    }

    /// Hands on what has gathered; after a bad row, nothing more.
    pub(super) fn flush(&mut self) {
        let Some((_, take)) = &mut self.chunks else { return };
        if self.examples.is_empty() || self.stopped || !self.errors.is_empty() {
            return;
        }
        let texts = self.examples.drain(..).map(|example| example.text).collect();
        self.kept = 0;
        self.stopped = take(texts).is_break();
    }

    /// A bad row.
    pub(super) fn reject(&mut self, line: u64, reason: impl Into<String>) {
        self.errors.push(RowError { line, reason: reason.into() });
    }

    /// Whether reading should stop: enough bad rows were seen, there is too much to keep, or whoever takes the texts has
    /// had enough.
    pub(super) fn full(&self) -> bool {
        self.stopped || self.errors.len() >= RowErrors::LIMIT || self.is_too_large()
    }

    fn is_too_large(&self) -> bool {
        self.kept + self.labels.bytes() > MAX_KEPT_BYTES
    }

    pub(super) fn finish(mut self) -> Result<Dataset> {
        self.flush();
        if !self.errors.is_empty() {
            return Err(Error::Rows(RowErrors { name: self.name.to_owned(), rows: self.errors }));
        }
        if self.is_too_large() {
            let rows = self.examples.len();
            let reason = format!("its first {rows} rows take {} MiB of memory: split the file", MAX_KEPT_BYTES >> 20);
            return Err(Error::file(self.name, reason));
        }
        let mut examples = self.examples;
        if examples.is_empty() && self.options.read_labels {
            return Err(Error::file(self.name, "there are no rows in it"));
        }
        let (labels, becomes) = self.labels.sort();
        for example in &mut examples {
            example.label = example.label.map(|index| becomes[index]);
        }
        Ok(Dataset { examples, labels })
    }
}
