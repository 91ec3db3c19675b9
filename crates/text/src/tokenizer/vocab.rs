//! The older forms of a tokenizer: BERT's `vocab.txt` and RoBERTa's `vocab.json` with `merges.txt`, with their settings in
//! `tokenizer_config.json`.

use serde_json::value::RawValue;

use super::added::AddedToken;
use super::file::{ModelParts, Parts};
use super::limits::{MAX_ID, Merges, Vocab, check_token, too_many};
use super::normalizer::Step;
use super::object::Object;
use super::template::Template;
use super::words::Split;

/// How BERT's tokenizer is built over a `vocab.txt`. The defaults are those of `transformers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VocabOptions {
    /// Lower-case the text first ("uncased" models); default true.
    pub lowercase: bool,
    /// Strip accents; default `None`, which means: as `lowercase` says.
    pub strip_accents: Option<bool>,
    /// Make every CJK ideograph a word of its own; default true.
    pub tokenize_chinese_chars: bool,
}

impl Default for VocabOptions {
    fn default() -> Self {
        Self { lowercase: true, strip_accents: None, tokenize_chinese_chars: true }
    }
}

/// The names of BERT's special tokens: those that `transformers` adds to every BERT tokenizer.
const SPECIAL_TOKENS: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// The tokenizer that `transformers` would make of a `vocab.txt`.
pub(super) fn compose(vocab_txt: &str, options: &VocabOptions) -> Result<Parts, String> {
    let vocab_txt = vocab_txt.strip_prefix('\u{feff}').unwrap_or(vocab_txt);
    // As Python reads lines: only these three end one, and the last needs no end. A token listed twice has its later id.
    let text = vocab_txt.replace("\r\n", "\n");
    let mut vocab = Vec::new();
    for (token, id) in text.trim_end_matches('\n').split(['\n', '\r']).zip(0..) {
        if id > MAX_ID {
            return Err(too_many("tokens"));
        }
        check_token(token)?;
        vocab.push((token.to_owned(), id));
    }
    let id = |token: &str| vocab.iter().rev().find(|(known, _)| known == token).map(|(_, id)| *id);
    let needed = |token: &str| id(token).ok_or_else(|| format!("the token {token} is missing"));
    let template = Template::bert(needed("[CLS]")?, needed("[SEP]")?);
    let added = SPECIAL_TOKENS.iter().filter_map(|&token| {
        let (id, content) = (id(token)?, token.to_owned());
        Some(AddedToken { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false })
    });
    Ok(Parts {
        added: added.collect(),
        template,
        model: ModelParts::WordPiece { unk_token: "[UNK]".to_owned(), prefix: "##".to_owned(), max_word_chars: 100 },
        steps: vec![Step::Bert {
            clean: true,
            split_ideographs: options.tokenize_chinese_chars,
            strip_accents: options.strip_accents,
            lowercase: options.lowercase,
        }],
        splits: vec![Split::Bert],
        prefix_space: None,
        vocab,
    })
}

/// RoBERTa's special tokens; each may be missing but the first two.
const ROBERTA_TOKENS: [&str; 5] = ["<s>", "</s>", "<pad>", "<unk>", "<mask>"];

/// The tokenizer that `transformers` would make of RoBERTa's `vocab.json` and `merges.txt`.
pub(super) fn compose_roberta(vocab_json: &[u8], merges_txt: &str, prefix_space: bool) -> Result<Parts, String> {
    let Vocab(vocab) = serde_json::from_slice(vocab_json).map_err(|e| format!("not a vocabulary's JSON: {e}"))?;
    let mut merges = Merges(Vec::new());
    for line in merges_txt.lines().filter(|line| !line.starts_with("#version") && !line.is_empty()) {
        merges.add(line)?;
    }
    let id = |token: &str| vocab.iter().find(|(known, _)| known == token).map(|(_, id)| *id);
    let needed = |token: &str| id(token).ok_or_else(|| format!("the token {token} is missing"));
    let template = Template::roberta(needed("<s>")?, needed("</s>")?);
    let added = ROBERTA_TOKENS.iter().filter_map(|&token| {
        let (id, content, lstrip) = (id(token)?, token.to_owned(), token == "<mask>");
        Some(AddedToken { id, content, single_word: false, lstrip, rstrip: false, normalized: false })
    });
    Ok(Parts {
        added: added.collect(),
        template,
        model: ModelParts::Bpe { merges: merges.0 },
        steps: Vec::new(),
        splits: vec![Split::Gpt2],
        prefix_space: Some(prefix_space),
        vocab,
    })
}

/// The part of `tokenizer_config.json` that changes token ids; what it does not say is `None`.
pub(super) struct Settings {
    lowercase: Option<bool>,
    /// The inner `None` is the file's `null`: as `lowercase` says.
    strip_accents: Option<Option<bool>>,
    tokenize_chinese_chars: Option<bool>,
    pub(super) add_prefix_space: Option<bool>,
}

impl Settings {
    pub(super) fn from_json(bytes: &[u8]) -> Result<Self, String> {
        let keys = &["do_lower_case", "strip_accents", "tokenize_chinese_chars", "add_prefix_space"];
        let file = Object::read(bytes, keys).map_err(|e| format!("not a JSON object: {e}"))?;
        let flag = |key| match file.raw(key).map(RawValue::get) {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        Ok(Self {
            lowercase: flag("do_lower_case"),
            strip_accents: file.raw("strip_accents").map(|_| flag("strip_accents")),
            tokenize_chinese_chars: flag("tokenize_chinese_chars"),
            add_prefix_space: flag("add_prefix_space"),
        })
    }

    pub(super) fn for_vocab(&self) -> VocabOptions {
        let default = VocabOptions::default();
        VocabOptions {
            lowercase: self.lowercase.unwrap_or(default.lowercase),
            strip_accents: self.strip_accents.unwrap_or(default.strip_accents),
            tokenize_chinese_chars: self.tokenize_chinese_chars.unwrap_or(default.tokenize_chinese_chars),
        }
    }

    /// Overrides what a `tokenizer.json` says of BERT's normalizer or of the space before the first word, as
    /// `transformers` does.
    pub(super) fn apply(&self, parts: &mut Parts) {
        if let Some(prefix_space) = &mut parts.prefix_space {
            *prefix_space = self.add_prefix_space.unwrap_or(*prefix_space);
        }
        let [Step::Bert { split_ideographs, strip_accents, lowercase, .. }] = &mut parts.steps[..] else { return };
        *lowercase = self.lowercase.unwrap_or(*lowercase);
        *strip_accents = self.strip_accents.unwrap_or(*strip_accents);
        *split_ideographs = self.tokenize_chinese_chars.unwrap_or(*split_ideographs);
    }
}
