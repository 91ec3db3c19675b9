//! Sentences of words with a tag for each word and an intent for the whole:
//! `{"tokens": ["play", "Bach"], "tags": ["O", "B-artist"], "intent": "PlayMusic"}`.

use std::io::Read;

use super::labels::Labels;
use super::rows::{Column, Taken};
use super::tagged::{Sentence, TaggedDataset};
use super::{IN_MEMORY, ReadOptions, data_file, in_memory, read_rows};
use crate::Result;

/// Sentences with slots, which their tags mark, and intents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentDataset {
    /// The sentences with their tags; its `labels` are the tags' names.
    pub tagged: TaggedDataset,
    /// Of each sentence, an index into [`IntentDataset::intent_labels`].
    pub intents: Vec<usize>,
    /// The names of the intents: those that were given, or else those found, sorted by their bytes.
    pub intent_labels: Vec<String>,
}

data_file!(IntentDataset);

impl IntentDataset {
    /// Sentences from memory: the words of each, their tags, and the intent.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File) as [`TaggedDataset::new`], or if an intent is empty.
    pub fn new<W: Into<String>, L: AsRef<str>>(
        sentences: impl IntoIterator<Item = (impl IntoIterator<Item = W>, impl IntoIterator<Item = L>, L)>,
    ) -> Result<Self> {
        let (mut labels, mut intents) = (Labels::new(IN_MEMORY, None)?, Vec::new());
        let mut tagged = Vec::new();
        for (index, (words, tags, intent)) in sentences.into_iter().enumerate() {
            intents.push(labels.index(intent.as_ref()).map_err(|problem| in_memory(index, &problem))?);
            tagged.push((words, tags));
        }
        Ok(Self::labelled(TaggedDataset::new(tagged)?, intents, labels))
    }

    /// Reads a file from a stream. `name` is what messages call it, and its extension tells the format. Of the labels that are
    /// given, [`ReadOptions::labels`] are the intents and [`ReadOptions::tags`] the tags.
    ///
    /// # Errors
    /// As [`IntentDataset::from_path`].
    pub fn from_reader(name: &str, reader: impl Read, options: &ReadOptions) -> Result<Self> {
        super::tagged::check_format(name, options)?;
        let mut labels = Labels::new(name, options.labels.as_deref())?;
        let mut tags = Labels::new(name, options.tags.as_deref())?;
        let (mut sentences, mut intents, mut bytes) = (Vec::new(), Vec::new(), 0);
        let mut columns = Sentence::columns(options).to_vec();
        columns.push(Column::text("intent", &options.intent_column));
        read_rows(name, reader, options, columns, &mut |row, _| {
            let intent = labels.index(&row.label(&options.intent_column)?)?;
            let sentence = Sentence::take(row, options, &mut tags)?;
            bytes += sentence.bytes() + 2 * size_of::<usize>();
            sentences.push(sentence);
            intents.push(intent);
            Ok(Taken::Kept(bytes + labels.bytes() + tags.bytes()))
        })?;
        Ok(Self::labelled(TaggedDataset::labelled(name, sentences, tags)?, intents, labels))
    }

    fn labelled(tagged: TaggedDataset, mut intents: Vec<usize>, labels: Labels) -> Self {
        let (intent_labels, becomes) = labels.sort();
        intents.iter_mut().for_each(|intent| *intent = becomes[*intent]);
        Self { tagged, intents, intent_labels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str, options: &ReadOptions) -> Result<IntentDataset> {
        IntentDataset::from_bytes("a.jsonl", lines.as_bytes(), options)
    }

    const ROWS: &str = "{\"tokens\": [\"play\", \"Bach\"], \"tags\": [\"O\", \"B-artist\"], \"intent\": \"Play\"}\n\
                        {\"tokens\": [\"rain\"], \"tags\": [\"O\"], \"intent\": \"Ask\"}\n";

    #[test]
    fn words_tags_and_intents() {
        let found = read(ROWS, &ReadOptions::default()).unwrap();
        assert_eq!(found.intent_labels, ["Ask", "Play"]);
        assert_eq!(found.tagged.labels, ["B-artist", "O"]);
        assert_eq!((found.intents.as_slice(), found.tagged.sentences[0].tags.as_slice()), (&[1, 0][..], &[1, 0][..]));
        let same = [(vec!["play", "Bach"], vec!["O", "B-artist"], "Play"), (vec!["rain"], vec!["O"], "Ask")];
        assert_eq!(IntentDataset::new(same).unwrap(), found);
        let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        let given =
            ReadOptions { labels: names(&["Play", "Ask"]), tags: names(&["O", "B-artist"]), ..ReadOptions::default() };
        assert_eq!(read(ROWS, &given).unwrap().intents, [0, 1]);
        let given = ReadOptions { tags: names(&["O"]), ..ReadOptions::default() };
        assert_eq!(read(ROWS, &given).unwrap_err().to_string(), "a.jsonl:1: unknown label \"B-artist\" (known: O)");
    }

    #[test]
    fn bad_rows_are_named() {
        let bad = "{\"tokens\": [\"a\"], \"tags\": [\"O\"]}\n{\"tokens\": [\"a\"], \"tags\": [], \"intent\": \"x\"}\n\
                   {\"tokens\": [\"a\"], \"tags\": [\"O\"], \"intent\": \"\"}\n{\"tokens\": [\"a\"], \"tags\": [\"O\"], \"intent\": []}\n";
        let message = read(bad, &ReadOptions::default()).unwrap_err().to_string();
        let expected = "4 bad rows in a.jsonl:\n  \
                        a.jsonl:1: no \"intent\" (its keys: tokens, tags)\n  \
                        a.jsonl:2: \"tokens\" has 1 words, but \"tags\" has 0\n  \
                        a.jsonl:3: the label is empty\n  \
                        a.jsonl:4: \"intent\" is an array, not a string, an integer or a boolean";
        assert_eq!(message, expected);
        assert!(IntentDataset::from_bytes("a.tsv", b"a\tb\n", &ReadOptions::default()).is_err());
        assert!(IntentDataset::new([(vec!["a"], vec!["O"], "")]).unwrap_err().to_string().contains("example 0"));
    }
}
