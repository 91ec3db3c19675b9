//! Where the readers of the formats put their rows, good and bad.

use super::labels::Labels;
use super::{Dataset, Example, ReadOptions};
use crate::{Error, Result, RowError, RowErrors};

/// The rows of one file while it is read.
pub(super) struct Rows<'a> {
    /// What messages call the file.
    pub(super) name: &'a str,
    pub(super) options: &'a ReadOptions,
    examples: Vec<Example>,
    labels: Labels,
    errors: Vec<RowError>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(name: &'a str, options: &'a ReadOptions) -> Result<Self> {
        let labels = Labels::new(name, options.labels.as_deref())?;
        Ok(Self { name, options, examples: Vec::new(), labels, errors: Vec::new() })
    }

    /// A row; `label` is the label's name, `None` when labels are not read.
    pub(super) fn push(&mut self, line: u64, text: &str, label: Option<&str>) {
        match label.map(|label| self.labels.index(label)).transpose() {
            Ok(label) => self.examples.push(Example { text: text.to_owned(), label }),
            Err(reason) => self.reject(line, reason),
        }
    }

    /// A bad row.
    pub(super) fn reject(&mut self, line: u64, reason: impl Into<String>) {
        self.errors.push(RowError { line, reason: reason.into() });
    }

    /// Whether enough bad rows were seen to stop reading.
    pub(super) fn full(&self) -> bool {
        self.errors.len() >= RowErrors::LIMIT
    }

    pub(super) fn finish(self) -> Result<Dataset> {
        if !self.errors.is_empty() {
            return Err(Error::Rows(RowErrors { name: self.name.to_owned(), rows: self.errors }));
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
