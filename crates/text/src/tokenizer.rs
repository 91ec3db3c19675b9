//! Text to token ids, id for id as `transformers` does it.
//!
//! The work is done by parts of Hugging Face's `tokenizers` crate. This module decides what is let in ([`config`] and
//! [`vocab`]), puts it together ([`pipeline`]), adds the special tokens, and truncates.

mod config;
mod pipeline;
mod vocab;
mod words;

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::data::source::read_bounded;
use crate::{Error, Result};

pub use vocab::VocabOptions;

/// One tokenized text: `[CLS] text [SEP]`, never padded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoding {
    /// Token ids, special tokens included; never empty.
    pub ids: Vec<u32>,
    /// Token type (segment) ids, as long as `ids`; all 0 for a single BERT sequence.
    pub type_ids: Vec<u32>,
    /// Whether tokens were cut off to keep to `max_length`.
    pub truncated: bool,
}

impl Encoding {
    /// Number of tokens, special tokens included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no tokens; never so for what [`Tokenizer::encode`] returns.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// Ids of the special tokens that the vocabulary has under BERT's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpecialTokens {
    /// `[CLS]`, before every text.
    pub cls: Option<u32>,
    /// `[SEP]`, after every text.
    pub sep: Option<u32>,
    /// `[PAD]`; nothing is padded here, files from elsewhere name it.
    pub pad: Option<u32>,
    /// `[UNK]`, for words the vocabulary cannot spell.
    pub unk: Option<u32>,
    /// `[MASK]`, for masked language modelling.
    pub mask: Option<u32>,
}

/// A BERT (WordPiece) tokenizer. Cheap to clone and safe to share between threads.
#[derive(Clone)]
pub struct Tokenizer {
    pipeline: Arc<pipeline::Pipeline>,
    ids: Arc<HashMap<String, u32>>,
    added: Arc<[(u32, String)]>,
    special: SpecialTokens,
    vocab_size: usize,
}

/// Larger tokenizer files are refused: the largest published ones (multilingual, 250,000 tokens) have 17 MB.
const MAX_FILE_BYTES: u64 = 64 << 20;

impl Tokenizer {
    /// Reads a `tokenizer.json` as `tokenizers` and `transformers` write it, whatever their version.
    ///
    /// Its padding and truncation settings are ignored: [`Tokenizer::encode`] never pads and truncates as it is told.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] when the file is not JSON, is inconsistent, or is not a BERT-style WordPiece tokenizer.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        Self::from_parts("tokenizer.json", json, None)
    }

    /// Builds BERT's tokenizer over the lines of a `vocab.txt` (one token a line, ids from 0).
    ///
    /// # Errors
    /// [`Error::Tokenizer`] when a special token is missing or the list is unusable.
    pub fn from_vocab(vocab_txt: &str, options: &VocabOptions) -> Result<Self> {
        Self::from_value("vocab.txt", vocab::compose(vocab_txt, options).map_err(|r| Error::tokenizer("vocab.txt", r))?)
    }

    /// Reads the tokenizer of a Hugging Face model directory: `tokenizer.json` where there is one, else `vocab.txt`.
    ///
    /// `do_lower_case`, `strip_accents` and `tokenize_chinese_chars` of `tokenizer_config.json` apply to both, as they
    /// do in `transformers`.
    ///
    /// # Errors
    /// [`Error::NoTokenizer`] when neither file is there, else as [`Tokenizer::from_json`] and [`Tokenizer::from_vocab`].
    pub fn from_dir(dir: &Path) -> Result<Self> {
        Self::from_files(dir, &|name| {
            let path = dir.join(name);
            path.exists().then(|| read_bounded(&path, MAX_FILE_BYTES)).transpose()
        })
    }

    /// The same from wherever the files are: `open` gives one by name if it is there, messages call the place `dir`.
    ///
    /// # Errors
    /// As [`Tokenizer::from_dir`].
    pub fn from_files(dir: &Path, open: &dyn Fn(&str) -> Result<Option<Vec<u8>>>) -> Result<Self> {
        let read =
            |name: &str| open(name).map(|bytes| bytes.map(|bytes| (dir.join(name).display().to_string(), bytes)));
        let settings = match read("tokenizer_config.json")? {
            Some((name, bytes)) => Some(vocab::Settings::from_json(&bytes).map_err(|r| Error::tokenizer(&name, r))?),
            None => None,
        };
        if let Some((name, bytes)) = read("tokenizer.json")? {
            return Self::from_parts(&name, &bytes, settings.as_ref());
        }
        let Some((name, bytes)) = read("vocab.txt")? else {
            return Err(Error::NoTokenizer { dir: dir.to_owned() });
        };
        let vocab_txt = std::str::from_utf8(&bytes).map_err(|e| Error::tokenizer(&name, format!("not UTF-8: {e}")))?;
        let options = settings.map(|settings| settings.for_vocab()).unwrap_or_default();
        Self::from_value(&name, vocab::compose(vocab_txt, &options).map_err(|r| Error::tokenizer(&name, r))?)
    }

    fn from_parts(name: &str, json: &[u8], settings: Option<&vocab::Settings>) -> Result<Self> {
        if json.len() as u64 > MAX_FILE_BYTES {
            return Err(Error::tokenizer(name, format!("{} bytes are too many for a tokenizer", json.len())));
        }
        let mut value = serde_json::from_slice(json).map_err(|e| Error::tokenizer(name, format!("not JSON: {e}")))?;
        if let Some(settings) = settings {
            settings.apply(&mut value);
        }
        Self::from_value(name, value)
    }

    fn from_value(name: &str, value: serde_json::Value) -> Result<Self> {
        let fail = |reason: String| Error::tokenizer(name, reason);
        let config::Read { pipeline, ids, added } = config::read(value).map_err(fail)?;
        let special = SpecialTokens {
            cls: ids.get("[CLS]").copied(),
            sep: ids.get("[SEP]").copied(),
            pad: ids.get("[PAD]").copied(),
            unk: ids.get("[UNK]").copied(),
            mask: ids.get("[MASK]").copied(),
        };
        let vocab_size = ids.values().map(|&id| id as usize + 1).max().unwrap_or(0);
        let mut frame = pipeline.frame.prefix.iter().chain(&pipeline.frame.suffix);
        if let Some((id, _)) = frame.find(|(id, _)| *id as usize >= vocab_size) {
            return Err(fail(format!("the post-processor adds token {id}, beyond the vocabulary of {vocab_size}")));
        }
        Ok(Self { pipeline: Arc::new(pipeline), ids: Arc::new(ids), added: added.into(), special, vocab_size })
    }

    /// Tokenizes `text` as `transformers` does with `truncation=True, max_length=max_length, padding=False`.
    ///
    /// The result has at most `max_length` tokens, `[CLS]` and `[SEP]` among them; what does not fit is cut from the
    /// end of the text, and the final `[SEP]` stays. Special tokens spelled out in the text (`"[MASK]"`) are
    /// recognised, as they are there.
    ///
    /// # Errors
    /// [`Error::MaxLength`] when `max_length` leaves no room for the text.
    pub fn encode(&self, text: &str, max_length: usize) -> Result<Encoding> {
        let frame = &self.pipeline.frame;
        let special = frame.prefix.len() + frame.suffix.len();
        if max_length <= special {
            return Err(Error::MaxLength { max_length, special });
        }
        let encoded = self.pipeline.encode(text).map_err(|e| Error::tokenizer("tokenizer", e.to_string()))?;
        let kept = encoded.len().min(max_length - special);
        let middle = encoded[..kept].iter().map(|token| (token.id(), frame.type_id));
        let (ids, type_ids) = frame.prefix.iter().copied().chain(middle).chain(frame.suffix.iter().copied()).unzip();
        Ok(Encoding { ids, type_ids, truncated: kept < encoded.len() })
    }

    /// Number of rows a word-embedding matrix needs for every id this tokenizer can produce (largest id + 1).
    #[must_use]
    pub fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    /// Id of a token, spelled as in the vocabulary (`"##ing"`).
    #[must_use]
    pub fn token_to_id(&self, token: &str) -> Option<u32> {
        self.ids.get(token).copied()
    }

    /// Token of an id, spelled as in the vocabulary.
    #[must_use]
    pub fn id_to_token(&self, id: u32) -> Option<String> {
        // Not left to the added vocabulary, which knows a token only in its normalized form.
        let added = self.added.iter().find(|(added, _)| *added == id);
        added.map(|(_, token)| token.clone()).or_else(|| self.pipeline.model.id_to_token(id))
    }

    /// Ids of the special tokens.
    #[must_use]
    pub fn special_tokens(&self) -> SpecialTokens {
        self.special
    }
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Tokenizer").field("vocab_size", &self.vocab_size).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
