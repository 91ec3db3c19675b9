//! Text to token ids, id for id as `transformers` does it.
//!
//! A tokenizer is a [`pipeline`]: added tokens are cut out ([`added`]), the rest is normalized ([`normalizer`]), split
//! into words ([`mod@words`]) and spelled in the vocabulary ([`wordpiece`], [`bpe`], [`unigram`]); a [`template`] says what stands around it.
//! [`mod@file`] and [`vocab`] read one from its files.
//!
//! Not left to Hugging Face's `tokenizers` crate: since its version 1.0 it does not say where a token came from, and
//! before that it has regular expressions and more in it that a browser would have to download.

mod added;
mod bpe;
mod charsmap;
mod coverage;
mod decode;
mod encode;
mod encoding;
mod file;
mod keys;
mod limits;
mod long_texts;
mod normalized;
mod normalizer;
mod object;
mod packed;
mod pipeline;
mod template;
mod trim;
mod unigram;
mod vocab;
mod wordpiece;
mod words;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::data::source::read_bounded;
use crate::{Error, Result};

pub use coverage::Coverage;
pub use encoding::{Encoding, Extent, Masked, Origin};
pub use long_texts::LongTexts;
pub use vocab::VocabOptions;

/// Ids of the special tokens that the vocabulary has under BERT's names, or under RoBERTa's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpecialTokens {
    /// `[CLS]` or `<s>`, before every text.
    pub cls: Option<u32>,
    /// `[SEP]` or `</s>`, after every text.
    pub sep: Option<u32>,
    /// `[PAD]` or `<pad>`; nothing is padded here, files from elsewhere name it.
    pub pad: Option<u32>,
    /// `[UNK]` or `<unk>`, for words the vocabulary cannot spell.
    pub unk: Option<u32>,
    /// `[MASK]` or `<mask>`, for masked language modelling.
    pub mask: Option<u32>,
}

/// A WordPiece tokenizer (BERT), a byte-level BPE one (RoBERTa) or a Unigram one (XLM-R). Cheap to clone and safe to share between threads.
#[derive(Clone)]
pub struct Tokenizer(Arc<Inner>);

struct Inner {
    pipeline: pipeline::Pipeline,
    added: Vec<added::AddedToken>,
    /// The place of each id's token in the vocabulary, [`NOWHERE`] for ids that no token has.
    places: Vec<u32>,
    special: SpecialTokens,
    vocab_size: usize,
}

const NOWHERE: u32 = u32::MAX;

/// Larger tokenizer files are refused: the largest published ones (multilingual, 250,000 tokens) have 17 MB.
const MAX_FILE_BYTES: u64 = 64 << 20;

impl Tokenizer {
    /// Reads a `tokenizer.json` as `tokenizers` and `transformers` write it, whatever their version.
    ///
    /// Its padding and truncation settings are ignored: [`Tokenizer::encode`] never pads and truncates as it is told.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] when the file is not JSON, is inconsistent, or is a tokenizer of another kind.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        Self::from_parts("tokenizer.json", json, None)
    }

    /// Builds BERT's tokenizer over the lines of a `vocab.txt` (one token a line, ids from 0).
    ///
    /// # Errors
    /// [`Error::Tokenizer`] when a special token is missing or the list is unusable.
    pub fn from_vocab(vocab_txt: &str, options: &VocabOptions) -> Result<Self> {
        Self::from_composed(
            "vocab.txt",
            vocab::compose(vocab_txt, options).map_err(|r| Error::tokenizer("vocab.txt", r))?,
        )
    }

    /// Builds RoBERTa's tokenizer over a `vocab.json` (tokens with their ids) and a `merges.txt` (two tokens a line).
    ///
    /// `add_prefix_space` gives a space to the first word of a text as the others have one; `transformers` does so only
    /// when told to.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] when a token is missing or a file is unusable.
    pub fn from_merges(vocab_json: &[u8], merges_txt: &str, add_prefix_space: bool) -> Result<Self> {
        let parts = vocab::compose_roberta(vocab_json, merges_txt, add_prefix_space);
        Self::from_composed("vocab.json", parts.map_err(|r| Error::tokenizer("vocab.json", r))?)
    }

    /// Reads the tokenizer of a Hugging Face model directory: `tokenizer.json` where there is one, else `vocab.txt`, else
    /// `vocab.json` with `merges.txt`.
    ///
    /// `do_lower_case`, `strip_accents`, `tokenize_chinese_chars` and `add_prefix_space` of `tokenizer_config.json` apply
    /// to all, as they do in `transformers`.
    ///
    /// # Errors
    /// [`Error::NoTokenizer`] when no such file is there, else as [`Tokenizer::from_json`], [`Tokenizer::from_vocab`] and
    /// [`Tokenizer::from_merges`].
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
        let utf8 = |name: &str, bytes| {
            String::from_utf8(bytes).map_err(|e| Error::tokenizer(name, format!("not UTF-8: {}", e.utf8_error())))
        };
        if let Some((name, bytes)) = read("vocab.txt")? {
            let options = settings.map(|settings| settings.for_vocab()).unwrap_or_default();
            let parts = vocab::compose(&utf8(&name, bytes)?, &options);
            return Self::from_composed(&name, parts.map_err(|r| Error::tokenizer(&name, r))?);
        }
        let (Some((name, bytes)), Some((merges_name, merges))) = (read("vocab.json")?, read("merges.txt")?) else {
            return Err(Error::NoTokenizer { dir: dir.to_owned() });
        };
        let prefix_space = settings.and_then(|settings| settings.add_prefix_space).unwrap_or(false);
        let parts = vocab::compose_roberta(&bytes, &utf8(&merges_name, merges)?, prefix_space);
        Self::from_composed(&name, parts.map_err(|r| Error::tokenizer(&name, r))?)
    }

    fn from_parts(name: &str, json: &[u8], settings: Option<&vocab::Settings>) -> Result<Self> {
        if json.len() as u64 > MAX_FILE_BYTES {
            return Err(Error::tokenizer(name, format!("{} bytes are too many for a tokenizer", json.len())));
        }
        let mut parts = file::read(json).map_err(|reason| Error::tokenizer(name, reason))?;
        if let Some(settings) = settings {
            settings.apply(&mut parts);
        }
        Self::from_composed(name, parts)
    }

    fn from_composed(name: &str, parts: file::Parts) -> Result<Self> {
        let fail = |reason: String| Error::tokenizer(name, reason);
        let (pipeline, added) = parts.build().map_err(fail)?;
        let vocab = &pipeline.vocab;
        let mut places = Vec::new();
        for place in 0..vocab.len() {
            let id = vocab.at(place).1 as usize;
            places.resize(places.len().max(id + 1), NOWHERE);
            places[id] = place as u32;
        }
        let vocab_size = added.iter().map(|token| token.id as usize + 1).max().unwrap_or(0).max(places.len());
        if let Some(id) = pipeline.template.ids().find(|id| *id as usize >= vocab_size) {
            return Err(fail(format!("the post-processor adds token {id}, beyond the vocabulary of {vocab_size}")));
        }
        let id = |token: &str| vocab.get(token).or_else(|| Some(added.iter().find(|a| a.content == token)?.id));
        let special = SpecialTokens {
            cls: id("[CLS]").or_else(|| id("<s>")),
            sep: id("[SEP]").or_else(|| id("</s>")),
            pad: id("[PAD]").or_else(|| id("<pad>")),
            unk: id("[UNK]").or_else(|| id("<unk>")),
            mask: id("[MASK]").or_else(|| id("<mask>")),
        };
        Ok(Self(Arc::new(Inner { pipeline, added, places, special, vocab_size })))
    }

    /// Number of rows a word-embedding matrix needs for every id this tokenizer can produce (largest id + 1).
    #[must_use]
    pub fn vocab_size(&self) -> usize {
        self.0.vocab_size
    }

    /// Id of a token, spelled as in the vocabulary (`"##ing"`).
    #[must_use]
    pub fn token_to_id(&self, token: &str) -> Option<u32> {
        let added = || self.0.added.iter().find(|added| added.content == token).map(|added| added.id);
        self.0.pipeline.vocab.get(token).or_else(added)
    }

    /// Token of an id, spelled as in the vocabulary.
    #[must_use]
    pub fn id_to_token(&self, id: u32) -> Option<String> {
        if let Some(added) = self.0.added.iter().find(|added| added.id == id) {
            return Some(added.content.clone());
        }
        let place = self.0.places.get(id as usize).filter(|&&place| place != NOWHERE)?;
        Some(self.0.pipeline.vocab.at(*place as usize).0.to_owned())
    }

    /// Ids of the special tokens.
    #[must_use]
    pub fn special_tokens(&self) -> SpecialTokens {
        self.0.special
    }
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Tokenizer").field("vocab_size", &self.0.vocab_size).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
