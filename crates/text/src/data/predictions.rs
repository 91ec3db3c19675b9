//! What a classifier has said about texts, as `graftwork predict` writes it: JSON lines of `text` (and
//! `text_pair`, where two belong together), `scores` by label and `logits` in the same order.

use std::fmt;
use std::path::Path;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::lines::{Lines, utf8};
use super::text::Text;
use super::{ReadOptions, nothing_in, open_path, source};
use crate::{Error, Result, RowError, RowErrors};

/// The rows of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// The names of the labels, in the order of the logits: those of the first row.
    pub labels: Vec<String>,
    /// The rows, in file order; never empty.
    pub rows: Vec<Prediction>,
}

/// What was said about a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Line in the (unpacked) file, counted from 1.
    pub line: u64,
    /// The text, or two that belong together.
    pub text: Text,
    /// A finite number a label.
    pub logits: Vec<f32>,
}

#[derive(Deserialize)]
struct Line {
    text: String,
    text_pair: Option<String>,
    scores: Keys,
    logits: Vec<f32>,
}

/// The keys of an object, in their order.
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Of;
        impl<'de> Visitor<'de> for Of {
            type Value = Keys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of scores by label")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, IgnoredAny)) = map.next_entry()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }
        deserializer.deserialize_map(Of)
    }
}

impl Predictions {
    /// Reads a file, gzip or not.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read, [`Error::File`] when it is empty, [`Error::Rows`] at the first bad row: it is
    /// not what `graftwork predict` writes for a classifier, or it has other labels than the first.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self> {
        let (name, reader) = open_path(path.as_ref())?;
        Self::from_reader(&name, reader)
    }

    /// The same from a stream; `name` is what messages call it.
    ///
    /// # Errors
    /// As [`Predictions::from_path`].
    pub fn from_reader(name: &str, reader: impl std::io::Read) -> Result<Self> {
        let mut lines = Lines::new(source::open(name, reader, ReadOptions::default().max_bytes)?);
        let (mut labels, mut rows) = (Vec::new(), Vec::new());
        while let Some((line, bytes)) = lines.next(name)? {
            if bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let reject = |reason: String| {
                Err(Error::Rows(RowErrors { name: name.to_owned(), rows: vec![RowError { line, reason }] }))
            };
            let found = match utf8(bytes).and_then(|text| serde_json::from_str::<Line>(text).map_err(|e| said(&e))) {
                Ok(found) => found,
                Err(reason) => return reject(reason),
            };
            let (Keys(keys), logits) = (found.scores, found.logits);
            if rows.is_empty() {
                labels = keys;
            } else if keys != labels {
                return reject("it has other labels than the first row, or another order of them".to_owned());
            }
            if logits.len() != labels.len() || !logits.iter().all(|logit| logit.is_finite()) {
                return reject(format!("`logits` must be {} finite numbers, one a label of `scores`", labels.len()));
            }
            rows.push(Prediction { line, text: Text { first: found.text, second: found.text_pair }, logits });
        }
        if rows.is_empty() { Err(nothing_in(name)) } else { Ok(Self { labels, rows }) }
    }
}

fn said(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    format!("not a row of a classifier's `graftwork predict`: {message} (column {})", error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Predictions, String> {
        Predictions::from_reader("p.jsonl", text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn rows_and_their_labels() {
        let found = read(
            "{\"text\": \"x\", \"label\": \"b\", \"scores\": {\"b\": 0.9, \"a\": 0.1}, \"logits\": [2.0, -1]}\n\n\
             {\"text\": \"y\", \"label\": \"a\", \"scores\": {\"b\": 0.5, \"a\": 0.5}, \"logits\": [0, 0], \"new\": [[]]}\n\
             {\"text\": \"y\", \"text_pair\": \"z\", \"scores\": {\"b\": 1, \"a\": 0}, \"logits\": [0, 0]}\n",
        )
        .unwrap();
        assert_eq!(found.labels, ["b", "a"]);
        assert_eq!(found.rows[1], Prediction { line: 3, text: "y".into(), logits: vec![0.0, 0.0] });
        assert_eq!(found.rows[2].text, ("y", "z").into());
    }

    #[test]
    fn bad_rows_are_named() {
        let good = "{\"text\": \"x\", \"scores\": {\"a\": 0.9, \"b\": 0.1}, \"logits\": [2, 1]}\n";
        for (bad, message) in [
            ("{\"text\": \"y\"}", "missing field `scores`"),
            ("{\"text\": \"y\", \"scores\": [], \"logits\": []}", "expected an object of scores"),
            ("{\"text\": \"y\", \"scores\": {\"a\": 1}, \"logits\": [1]}", "other labels than the first row"),
            ("{\"text\": \"y\", \"scores\": {\"b\": 1, \"a\": 0}, \"logits\": [1, 2]}", "another order"),
            ("{\"text\": \"y\", \"scores\": {\"a\": 1, \"b\": 0}, \"logits\": [1]}", "must be 2 finite numbers"),
            ("{\"text\": \"y\", \"scores\": {\"a\": 1, \"b\": 0}, \"logits\": [1, 1e999]}", "out of range"),
            ("{\"text\": \"y\", \"scores\": {\"a\": 1, \"b\": 0}, \"logits\": [1, 1e39]}", "out of range"),
            ("nonsense", "not a row of a classifier's"),
        ] {
            let found = read(&format!("{good}{bad}\n")).unwrap_err();
            assert!(found.starts_with("p.jsonl:2: ") && found.contains(message), "{found}");
        }
        assert!(read("\n").unwrap_err().contains("no rows"));
    }
}
