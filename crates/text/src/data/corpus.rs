//! Texts to learn a language from: no labels, as many files as there are.

use std::path::Path;

use super::{Dataset, IN_MEMORY, ReadOptions, nothing_in};
use crate::Result;

/// Texts in their order, none of them blank, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corpus {
    /// Each a sentence or a paragraph.
    pub texts: Vec<String>,
    /// Whether each is to be a sequence of its own, rather than part of one that is as full as it gets. Default false.
    pub line_by_line: bool,
}

impl Corpus {
    /// Texts from memory; blank ones are left out.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File) if there is nothing in them.
    pub fn new<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Result<Self> {
        Self::named(IN_MEMORY, texts.into_iter().map(Into::into))
    }

    /// Reads files one after the other, each of any format: a text a line, or a column of texts; of
    /// pairs, each text is one. `-` is standard input.
    ///
    /// # Errors
    /// As [`Dataset::from_path`], and if there is nothing in a file.
    pub fn from_paths<P: AsRef<Path>>(paths: &[P], options: &ReadOptions) -> Result<Self> {
        let options = ReadOptions { read_labels: false, ..options.clone() };
        let mut texts = Vec::new();
        for path in paths {
            let read = Dataset::from_path(path, &options)?;
            let name = path.as_ref().display().to_string();
            let each = read.examples.into_iter().flat_map(|example| [Some(example.text.first), example.text.second]);
            texts.extend(Self::named(&name, each.flatten())?.texts);
        }
        if texts.is_empty() {
            Err(nothing_in(IN_MEMORY))
        } else {
            Ok(Self { texts, line_by_line: options.line_by_line })
        }
    }

    fn named(name: &str, texts: impl Iterator<Item = String>) -> Result<Self> {
        let texts: Vec<String> = texts.filter(|text| !text.trim().is_empty()).collect();
        if texts.is_empty() { Err(nothing_in(name)) } else { Ok(Self { texts, line_by_line: false }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_texts_are_none() {
        assert_eq!(Corpus::new(["a", "", " \t", "b c"]).unwrap().texts, ["a", "b c"]);
        assert!(Corpus::new([" "]).unwrap_err().to_string().contains("no rows"));
    }
}
