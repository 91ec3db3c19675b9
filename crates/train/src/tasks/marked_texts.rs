//! Texts in which entities are marked: what somebody makes who selects words in a text. Learned as
//! [`token_classification`], on the words into which the tokenizer splits the texts, which are
//! the ones that are tagged later.

use std::ops::Range;

use super::token_classification::{self, TokenClassification};
use super::{Examples, Labelled, Tokenizing};
use crate::{Error, Result};

/// The tag of words that are in no entity.
const OUTSIDE: &str = "O";

/// Texts with their entities.
#[derive(Debug, Clone)]
pub struct MarkedTexts {
    texts: Vec<MarkedText>,
    tags: Vec<String>,
}

/// A text and its entities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedText {
    /// All of it.
    pub text: String,
    /// Where its entities stand, in bytes, and of which types they are. None has a word with another in common.
    pub entities: Vec<(Range<usize>, String)>,
}

impl MarkedTexts {
    /// For tags as a head has them: `O`, and `B-` and `I-` with each type.
    pub fn new(texts: Vec<MarkedText>, tags: &[String]) -> Self {
        Self { texts, tags: tags.to_vec() }
    }

    /// A tag for each of a text's words.
    fn tags_of(&self, what: &'static str, index: usize, words: &[Range<usize>]) -> Result<Vec<usize>> {
        let MarkedText { text, entities } = &self.texts[index];
        let tag = |name: String| {
            let known = self.tags.iter().position(|known| *known == name);
            known.ok_or_else(|| Error::OtherLabels { what, label: name, known: self.tags.clone() })
        };
        let outside = tag(OUTSIDE.to_owned())?;
        let mut tags = vec![outside; words.len()];
        for (span, kind) in entities {
            let refuse = |how: &str| {
                let marked = text.get(span.clone()).unwrap_or_default();
                Error::Example { what, index, problem: format!("the entity {marked:?} {how}") }
            };
            let mut prefix = "B-";
            for (word, tag_of_word) in words.iter().zip(&mut tags) {
                if word.end <= span.start || span.end <= word.start {
                    continue;
                }
                if word.start < span.start || span.end < word.end {
                    return Err(refuse("begins or ends within a word: mark whole words"));
                }
                if *tag_of_word != outside {
                    return Err(refuse("has a word in common with another: mark each word once"));
                }
                *tag_of_word = tag(format!("{prefix}{kind}"))?;
                prefix = "I-";
            }
            if prefix == "B-" {
                return Err(refuse("has no word in it: mark some"));
            }
        }
        Ok(tags)
    }
}

impl Labelled for MarkedTexts {
    fn labels(&self) -> &[String] {
        &self.tags
    }

    fn encode(&self, how: &Tokenizing<'_>) -> Result<Box<dyn Examples>> {
        let Tokenizing { what, tokenizer, max_length, long_texts } = *how;
        token_classification::INFO.check_long_texts(long_texts)?;
        let (mut encodings, mut tags) = (Vec::new(), Vec::new());
        for (index, marked) in self.texts.iter().enumerate() {
            // Words that are cut off have their tags, too.
            let words = tokenizer.encode(&marked.text, usize::MAX)?.words();
            tags.push(self.tags_of(what, index, &words)?);
            encodings.push(tokenizer.encode(&marked.text, max_length)?);
        }
        Ok(Box::new(TokenClassification::new(what, encodings, tags, &self.tags)?))
    }

    fn digest(&self, add: &mut dyn FnMut(&[u8])) {
        self.tags.iter().for_each(|tag| add(tag.as_bytes()));
        for MarkedText { text, entities } in &self.texts {
            add(text.as_bytes());
            for (span, kind) in entities {
                [span.start, span.end].iter().for_each(|place| add(&place.to_le_bytes()));
                add(kind.as_bytes());
            }
        }
    }
}
