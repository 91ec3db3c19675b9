//! A text a row, with or without a label.

use std::io::Read;

use super::labels::Labels;
use super::rows::{Column, Taken};
use super::text::{Text, TextColumns};
use super::{Format, IN_MEMORY, ReadOptions, data_file, format_of, in_memory, nothing_in, read_rows};
use crate::{Error, Result};

/// One row of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The text, or two that belong together, as they stand in the file.
    pub text: Text,
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

data_file!(Dataset);

impl Dataset {
    /// Texts, or pairs of texts, with their labels, from memory.
    ///
    /// # Errors
    /// [`Error::File`] if there are none, or a label is empty.
    pub fn new<T: Into<Text>, L: AsRef<str>>(labelled: impl IntoIterator<Item = (T, L)>) -> Result<Self> {
        let mut labels = Labels::new(IN_MEMORY, None)?;
        let example = |(index, (text, label)): (usize, (T, L))| {
            let label = labels.index(label.as_ref()).map_err(|problem| in_memory(index, &problem))?;
            Ok(Example { text: text.into(), label: Some(label) })
        };
        let examples = labelled.into_iter().enumerate().map(example).collect::<Result<_>>()?;
        Self::labelled(IN_MEMORY, examples, labels)
    }

    /// Reads a data file from a stream. `name` is what messages call it, and its extension tells the format.
    ///
    /// # Errors
    /// As [`Dataset::from_path`].
    pub fn from_reader(name: &str, reader: impl Read, options: &ReadOptions) -> Result<Self> {
        let texts = TextColumns::new(options);
        let mut columns = texts.columns();
        if options.read_labels {
            if format_of(name, options)? == Format::Txt {
                return Err(Error::file(name, "a text file has no labels: use .tsv, .csv or .jsonl"));
            }
            columns.push(Column::text("label", &options.label_column));
        }
        let mut labels = Labels::new(name, options.labels.as_deref())?;
        let (mut examples, mut bytes) = (Vec::new(), 0);
        read_rows(name, reader, options, columns, &mut |row, _| {
            let text = texts.take(row)?;
            let label = match options.read_labels {
                true => Some(labels.index(&row.label(&options.label_column)?)?),
                false => None,
            };
            bytes += text.bytes() + 2 * size_of::<Option<usize>>();
            examples.push(Example { text, label });
            Ok(Taken::Kept(bytes + labels.bytes()))
        })?;
        if !options.read_labels {
            return Ok(Self { examples, labels: labels.sort().0 });
        }
        Self::labelled(name, examples, labels)
    }

    fn labelled(name: &str, mut examples: Vec<Example>, labels: Labels) -> Result<Self> {
        if examples.is_empty() {
            return Err(nothing_in(name));
        }
        let (labels, becomes) = labels.sort();
        for example in &mut examples {
            example.label = example.label.map(|index| becomes[index]);
        }
        Ok(Self { examples, labels })
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
