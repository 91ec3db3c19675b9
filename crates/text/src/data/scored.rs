//! Texts with a number each, mostly two texts and how similar they are: `{"text_a": "...", "text_b": "...", "score": 3.5}`.

use std::io::Read;

use super::rows::{Column, Taken};
use super::text::{Text, TextColumns};
use super::{Format, IN_MEMORY, ReadOptions, data_file, format_of, in_memory, nothing_in, read_rows};
use crate::{Error, Result};

/// A text with its number.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredText {
    /// The text, or two that belong together.
    pub text: Text,
    /// What is to be said of it: finite.
    pub score: f32,
}

/// The rows of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredDataset {
    /// In file order; never empty.
    pub examples: Vec<ScoredText>,
}

data_file!(ScoredDataset);

impl ScoredDataset {
    /// Texts, or pairs of texts, each with its number, from memory.
    ///
    /// # Errors
    /// [`Error::File`] if there are none, or a number is not finite.
    pub fn new<T: Into<Text>>(scored: impl IntoIterator<Item = (T, f32)>) -> Result<Self> {
        let example = |(index, (text, score)): (usize, (T, f32))| match score.is_finite() {
            true => Ok(ScoredText { text: text.into(), score }),
            false => Err(in_memory(index, &format!("its score is {score}"))),
        };
        Self::some(IN_MEMORY, scored.into_iter().enumerate().map(example).collect::<Result<_>>()?)
    }

    /// Reads a data file from a stream. `name` is what messages call it, and its extension tells the format.
    ///
    /// # Errors
    /// As [`ScoredDataset::from_path`].
    pub fn from_reader(name: &str, reader: impl Read, options: &ReadOptions) -> Result<Self> {
        if format_of(name, options)? == Format::Txt {
            return Err(Error::file(name, "a text file has no scores: use .tsv, .csv or .jsonl"));
        }
        let texts = TextColumns::new(options);
        let mut columns = texts.columns();
        columns.push(Column::text("score", &options.score_column));
        let (mut examples, mut bytes) = (Vec::new(), 0);
        read_rows(name, reader, options, columns, &mut |row, _| {
            let text = texts.take(row)?;
            let score = row.number(&options.score_column)? as f32;
            if !score.is_finite() {
                return Err(format!("{:?} is too large", options.score_column));
            }
            bytes += text.bytes() + 2 * size_of::<f64>();
            examples.push(ScoredText { text, score });
            Ok(Taken::Kept(bytes))
        })?;
        Self::some(name, examples)
    }

    fn some(name: &str, examples: Vec<ScoredText>) -> Result<Self> {
        if examples.is_empty() { Err(nothing_in(name)) } else { Ok(Self { examples }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, rows: &str) -> Result<ScoredDataset> {
        ScoredDataset::from_bytes(name, rows.as_bytes(), &ReadOptions::default())
    }

    #[test]
    fn every_format_says_the_same() {
        let memory = ScoredDataset::new([(("a", "b"), 2.5), (("c", ""), -1.0), (("d", "e"), 3000.0)]).unwrap();
        let table = "score\ttext_a\ttext_b\n2.5\ta\tb\n -1 \tc\t\n3e3\td\te\n";
        assert_eq!(read("a.tsv", table).unwrap(), memory);
        assert_eq!(read("a.csv", &table.replace('\t', ",")).unwrap(), memory);
        let lines = "{\"text_a\": \"a\", \"text_b\": \"b\", \"score\": 2.5}\n{\"text\": \"c\", \"text_pair\": \"\", \"score\": -1}\n\
                     {\"text_a\": \"d\", \"text_b\": \"e\", \"score\": 3e3}\n";
        assert_eq!(read("a.jsonl", lines).unwrap(), memory);
        assert_eq!(read("a.tsv", "text\tscore\na\t2\n").unwrap(), ScoredDataset::new([("a", 2.0)]).unwrap());
    }

    #[test]
    fn what_is_no_number_is_named() {
        let rows: String = ["", "x", "nan", "inf", "1,5", "1e99"].map(|score| format!("a\t{score}\n")).concat();
        assert_eq!(
            read("a.tsv", &format!("text\tscore\n{rows}")).unwrap_err().to_string(),
            "6 bad rows in a.tsv:\n  a.tsv:2: \"score\" is \"\", not a number\n  a.tsv:3: \"score\" is \"x\", not a number\n  \
             a.tsv:4: \"score\" is \"nan\", not a number\n  a.tsv:5: \"score\" is \"inf\", not a number\n  \
             a.tsv:6: \"score\" is \"1,5\", not a number\n  a.tsv:7: \"score\" is too large"
        );
        let lines = "{\"text\": \"a\", \"score\": \"1\"}\n{\"text\": \"a\", \"score\": null}\n{\"text\": \"a\"}\n";
        assert_eq!(
            read("a.jsonl", lines).unwrap_err().to_string(),
            "3 bad rows in a.jsonl:\n  a.jsonl:1: \"score\" is a string, not a number\n  \
             a.jsonl:2: \"score\" is null, not a number\n  a.jsonl:3: no \"score\" (its keys: text)"
        );
        assert!(read("a.tsv", "text\tlabel\na\tb\n").unwrap_err().to_string().contains("which column holds the score"));
        assert!(read("a.txt", "a\n").unwrap_err().to_string().contains("no scores"));
        assert_eq!(read("a.tsv", "text\tscore\n").unwrap_err().to_string(), "a.tsv: there are no rows in it");
        let message = ScoredDataset::new([("a", 1.0), ("b", f32::NAN)]).unwrap_err().to_string();
        assert_eq!(message, "the data: example 1 (counted from 0): its score is NaN");
    }
}
