//! Sentences of words with a tag for each word: `{"tokens": ["Ada", "lives"], "tags": ["B-person", "O"]}`.

use std::io::Read;

use super::labels::Labels;
use super::rows::{Column, Row, Taken};
use super::{Format, IN_MEMORY, ReadOptions, data_file, format_of, in_memory, nothing_in, read_rows};
use crate::{Error, Result};

/// One sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Its words, as they stand in the file; at least one.
    pub words: Vec<String>,
    /// Of each word, an index into [`TaggedDataset::labels`].
    pub tags: Vec<usize>,
}

/// The sentences of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedDataset {
    /// In file order; never empty.
    pub sentences: Vec<Sentence>,
    /// The names of the tags: those that were given, or else those found, sorted by their bytes.
    pub labels: Vec<String>,
}

data_file!(TaggedDataset);

/// Refuses tables, which have no lists.
pub(super) fn check_format(name: &str, options: &ReadOptions) -> Result<()> {
    match format_of(name, options)? {
        Format::Jsonl => Ok(()),
        _ => Err(Error::file(name, "tagged words are read from .jsonl: {\"tokens\": [...], \"tags\": [...]}")),
    }
}

impl Sentence {
    /// The columns that it stands in.
    pub(super) fn columns(options: &ReadOptions) -> [Column<'_>; 2] {
        [Column::list("words", &options.tokens_column), Column::list("tags", &options.tags_column)]
    }

    /// That of a row, or what is wrong with it.
    pub(super) fn take(row: &dyn Row, options: &ReadOptions, labels: &mut Labels) -> Result<Self, String> {
        let (tokens, tags_column) = (&options.tokens_column, &options.tags_column);
        let (words, tags) = (row.list(tokens)?, row.list(tags_column)?);
        if words.is_empty() {
            return Err(format!("{tokens:?} is empty"));
        }
        if words.len() != tags.len() {
            return Err(format!("{tokens:?} has {} words, but {tags_column:?} has {}", words.len(), tags.len()));
        }
        let tags = tags.iter().map(|tag| labels.index(tag)).collect::<Result<_, _>>()?;
        Ok(Self { words, tags })
    }

    /// What it takes of memory: lists grow by doubling.
    pub(super) fn bytes(&self) -> usize {
        let words = self.words.iter().map(|word| word.len() + 2 * size_of::<(String, usize)>()).sum::<usize>();
        words + 2 * size_of::<Self>()
    }
}

impl TaggedDataset {
    /// Sentences from memory: the words of each, and their tags.
    ///
    /// # Errors
    /// [`Error::File`] if there are none, one has no words or not as many tags as words, or a tag is empty.
    pub fn new<W: Into<String>, L: AsRef<str>>(
        tagged: impl IntoIterator<Item = (impl IntoIterator<Item = W>, impl IntoIterator<Item = L>)>,
    ) -> Result<Self> {
        let mut labels = Labels::new(IN_MEMORY, None)?;
        let mut sentences = Vec::new();
        for (index, (words, tags)) in tagged.into_iter().enumerate() {
            let words: Vec<String> = words.into_iter().map(Into::into).collect();
            let tags = tags.into_iter().map(|tag| labels.index(tag.as_ref())).collect::<Result<Vec<_>, _>>();
            let tags = tags.map_err(|problem| in_memory(index, &problem))?;
            if words.is_empty() || words.len() != tags.len() {
                let problem = format!("it has {} words and {} tags: each word needs one", words.len(), tags.len());
                return Err(in_memory(index, &problem));
            }
            sentences.push(Sentence { words, tags });
        }
        Self::labelled(IN_MEMORY, sentences, labels)
    }

    /// Reads a file from a stream. `name` is what messages call it, and its extension tells the format.
    ///
    /// # Errors
    /// As [`TaggedDataset::from_path`].
    pub fn from_reader(name: &str, reader: impl Read, options: &ReadOptions) -> Result<Self> {
        check_format(name, options)?;
        let mut labels = Labels::new(name, options.labels.as_deref())?;
        let (mut sentences, mut bytes) = (Vec::new(), 0);
        read_rows(name, reader, options, Sentence::columns(options).to_vec(), &mut |row, _| {
            let sentence = Sentence::take(row, options, &mut labels)?;
            bytes += sentence.bytes();
            sentences.push(sentence);
            Ok(Taken::Kept(bytes + labels.bytes()))
        })?;
        Self::labelled(name, sentences, labels)
    }

    pub(super) fn labelled(name: &str, mut sentences: Vec<Sentence>, labels: Labels) -> Result<Self> {
        if sentences.is_empty() {
            return Err(nothing_in(name));
        }
        let (labels, becomes) = labels.sort();
        sentences.iter_mut().flat_map(|sentence| &mut sentence.tags).for_each(|tag| *tag = becomes[*tag]);
        Ok(Self { sentences, labels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> Result<TaggedDataset> {
        TaggedDataset::from_bytes("a.jsonl", lines.as_bytes(), &ReadOptions::default())
    }

    #[test]
    fn words_and_tags() {
        let found = read("{\"tokens\": [\"Ada\", \"\", \"x\"], \"tags\": [\"B-p\", \"O\", \"I-p\"]}\n").unwrap();
        assert_eq!(found.labels, ["B-p", "I-p", "O"]);
        let words = vec!["Ada".to_owned(), String::new(), "x".to_owned()];
        assert_eq!(found.sentences, [Sentence { words, tags: vec![0, 2, 1] }]);
        // Numbers are names too, and sorted as numbers.
        assert_eq!(read("{\"tokens\": [\"a\", \"b\"], \"tags\": [10, 9]}").unwrap().labels, ["9", "10"]);
        let endless = format!("{{\"tokens\": [{}\"\"], \"tags\": []}}", "\"\",".repeat(200_000));
        assert!(read(&endless).unwrap_err().to_string().contains("has more than 100000 members"));
    }

    #[test]
    fn sentences_from_memory() {
        let found = TaggedDataset::new([(["Ada", "", "x"], ["B-p", "O", "I-p"])]).unwrap();
        assert_eq!(found, read("{\"tokens\": [\"Ada\", \"\", \"x\"], \"tags\": [\"B-p\", \"O\", \"I-p\"]}\n").unwrap());
        let refused = |data: Vec<(Vec<&str>, Vec<&str>)>| TaggedDataset::new(data).unwrap_err().to_string();
        assert_eq!(refused(vec![]), "the data: there are no rows in it");
        let message = refused(vec![(vec!["a"], vec!["O"]), (vec!["a", "b"], vec!["O"])]);
        assert_eq!(message, "the data: example 1 (counted from 0): it has 2 words and 1 tags: each word needs one");
    }

    #[test]
    fn bad_rows_are_named() {
        let bad = "{\"tokens\": [\"a\"], \"tags\": []}\n{\"tokens\": [], \"tags\": []}\n{\"tokens\": \"a\"}\n\
                   {\"tokens\": [\"a\"]}\n{\"tokens\": [null]}\n{\"tokens\": [\"a\"], \"tags\": [\"\"]}\n";
        assert_eq!(
            read(bad).unwrap_err().to_string(),
            "6 bad rows in a.jsonl:\n  \
             a.jsonl:1: \"tokens\" has 1 words, but \"tags\" has 0\n  \
             a.jsonl:2: \"tokens\" is empty\n  \
             a.jsonl:3: \"tokens\" is a string, not a list\n  \
             a.jsonl:4: no \"tags\" (its keys: tokens)\n  \
             a.jsonl:5: \"tokens\" has null at place 1, not a string\n  \
             a.jsonl:6: the label is empty"
        );
        let message = TaggedDataset::from_bytes("a.tsv", b"", &ReadOptions::default()).unwrap_err().to_string();
        assert!(message.contains(".jsonl") && message.contains("tokens"), "{message}");
    }
}
