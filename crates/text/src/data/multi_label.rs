//! Texts that may have several labels, or none: `{"text": "...", "labels": ["joy", "surprise"]}`.

use std::io::Read;

use super::labels::Labels;
use super::rows::{Column, Shape, Taken};
use super::text::{Text, TextColumns};
use super::{Format, IN_MEMORY, ReadOptions, data_file, format_of, in_memory, nothing_in, read_rows};
use crate::{Error, Result};

/// A text with all its labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledText {
    /// The text, or two that belong together.
    pub text: Text,
    /// Indices into [`MultiLabelDataset::labels`], ascending; none is fine.
    pub labels: Vec<usize>,
}

/// The rows of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultiLabelDataset {
    /// In file order; never empty.
    pub examples: Vec<LabelledText>,
    /// The names of the labels, at least one: those that were given, or else those found, sorted as [`Dataset`](super::Dataset)'s.
    pub labels: Vec<String>,
}

data_file!(MultiLabelDataset);

impl MultiLabelDataset {
    /// Texts, or pairs of texts, each with its labels, from memory.
    ///
    /// # Errors
    /// [`Error::File`] if there are none, none has a label, or a label is empty.
    pub fn new<T: Into<Text>, L: AsRef<str>>(
        labelled: impl IntoIterator<Item = (T, impl IntoIterator<Item = L>)>,
    ) -> Result<Self> {
        let mut labels = Labels::new(IN_MEMORY, None)?;
        let mut examples = Vec::new();
        for (index, (text, own)) in labelled.into_iter().enumerate() {
            let own = own.into_iter().map(|label| labels.index(label.as_ref())).collect::<Result<_, _>>();
            let own = own.map_err(|problem| in_memory(index, &problem))?;
            examples.push(LabelledText { text: text.into(), labels: own });
        }
        Self::sorted(IN_MEMORY, examples, labels)
    }

    /// Reads a data file from a stream. `name` is what messages call it, and its extension tells the format.
    ///
    /// # Errors
    /// As [`MultiLabelDataset::from_path`].
    pub fn from_reader(name: &str, reader: impl Read, options: &ReadOptions) -> Result<Self> {
        if format_of(name, options)? == Format::Txt {
            return Err(Error::file(name, "a text file has no labels: use .tsv, .csv or .jsonl"));
        }
        if options.label_separator.is_empty() {
            return Err(Error::file(name, "the separator between labels is empty: give one"));
        }
        let texts = TextColumns::new(options);
        let mut columns = texts.columns();
        columns.push(Column { shape: Shape::List, ..Column::text("labels", &options.labels_column) });
        let mut labels = Labels::new(name, options.labels.as_deref())?;
        let (mut examples, mut bytes) = (Vec::new(), 0);
        read_rows(name, reader, options, columns, &mut |row, _| {
            let text = texts.take(row)?;
            let own = row.labels(&options.labels_column, &options.label_separator)?;
            let own: Vec<usize> = own.iter().map(|label| labels.index(label)).collect::<Result<_, _>>()?;
            bytes += text.bytes() + 2 * size_of::<Vec<usize>>() + own.len() * size_of::<usize>();
            examples.push(LabelledText { text, labels: own });
            Ok(Taken::Kept(bytes + labels.bytes()))
        })?;
        Self::sorted(name, examples, labels)
    }

    fn sorted(name: &str, mut examples: Vec<LabelledText>, labels: Labels) -> Result<Self> {
        if examples.is_empty() {
            return Err(nothing_in(name));
        }
        let (labels, becomes) = labels.sort();
        if labels.is_empty() {
            return Err(Error::file(name, "no row has a label: give some of them labels"));
        }
        for LabelledText { labels, .. } in &mut examples {
            labels.iter_mut().for_each(|index| *index = becomes[*index]);
            labels.sort_unstable();
            labels.dedup();
        }
        Ok(Self { examples, labels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, rows: &str) -> Result<MultiLabelDataset> {
        MultiLabelDataset::from_bytes(name, rows.as_bytes(), &ReadOptions::default())
    }

    fn labels(found: &MultiLabelDataset) -> Vec<&[usize]> {
        found.examples.iter().map(|example| example.labels.as_slice()).collect()
    }

    #[test]
    fn every_format_says_the_same() {
        let lines = "{\"text\": \"a\", \"labels\": [\"joy\", \"fear\"]}\n{\"text\": \"b\", \"labels\": []}\n\
                     {\"text\": \"c\", \"labels\": [\"joy\", \"joy\"]}\n";
        let found = read("a.jsonl", lines).unwrap();
        assert_eq!(found.labels, ["fear", "joy"]);
        assert_eq!(labels(&found), [&[0, 1][..], &[], &[1]]);
        assert_eq!(read("a.tsv", "labels\ttext\njoy, fear\ta\n\tb\n joy\tc\n").unwrap(), found);
        assert_eq!(read("a.csv", "labels,text\n\"joy,fear\",a\n,b\njoy,c\n").unwrap(), found);
        let memory = [("a", vec!["joy", "fear"]), ("b", vec![]), ("c", vec!["joy"])];
        assert_eq!(MultiLabelDataset::new(memory).unwrap(), found);
        let options = ReadOptions { label_separator: "|".into(), labels_column: "y".into(), ..ReadOptions::default() };
        let piped = MultiLabelDataset::from_bytes("a.csv", b"y,text\njoy|fear,a\n,b\njoy,c\n", &options).unwrap();
        assert_eq!(piped, found);
    }

    #[test]
    fn given_labels_admit_no_other_and_may_not_occur() {
        let given = ReadOptions { labels: Some(vec!["joy".into(), "fear".into()]), ..ReadOptions::default() };
        let read = |rows: &str| MultiLabelDataset::from_bytes("a.tsv", rows.as_bytes(), &given);
        assert_eq!(labels(&read("labels\ttext\n\tb\n").unwrap()), [&[] as &[usize]]);
        let message = read("labels\ttext\njoy\ta\njoy,rage\tb\n").unwrap_err().to_string();
        assert_eq!(message, "a.tsv:3: unknown label \"rage\" (known: joy, fear)");
    }

    #[test]
    fn bad_rows_are_named() {
        let refused = |name: &str, rows: &str| read(name, rows).unwrap_err().to_string();
        assert_eq!(refused("a.tsv", "labels\ttext\njoy,,fear\ta\n"), "a.tsv:2: the label is empty");
        assert!(refused("a.tsv", "label\ttext\njoy\ta\n").contains("say which column holds the labels"));
        assert!(refused("a.tsv", "labels\ttext\n\ta\n").contains("no row has a label"));
        assert!(refused("a.txt", "a\n").contains("no labels"));
        let endless = format!("labels\ttext\n{}\ta\n", "a,".repeat(100_000));
        assert_eq!(refused("a.tsv", &endless), "a.tsv:2: \"labels\" has more than 100000 labels");
        assert_eq!(
            refused(
                "a.jsonl",
                "{\"text\": \"a\", \"labels\": \"joy\"}\n{\"text\": \"a\", \"labels\": [1, {}]}\n{\"text\": \"a\"}\n"
            ),
            "3 bad rows in a.jsonl:\n  a.jsonl:1: \"labels\" is a string, not a list\n  \
             a.jsonl:2: \"labels\" has an object at place 2, not a string\n  \
             a.jsonl:3: no \"labels\" (its keys: text)"
        );
    }
}
