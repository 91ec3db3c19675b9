//! The older form of a BERT tokenizer: `vocab.txt`, with its settings in `tokenizer_config.json`.

use serde_json::{Map, Value, json};

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

/// Composes the `tokenizer.json` that `transformers` would make of a `vocab.txt`.
pub(super) fn compose(vocab_txt: &str, options: &VocabOptions) -> Result<Value, String> {
    let vocab_txt = vocab_txt.strip_prefix('\u{feff}').unwrap_or(vocab_txt);
    let mut vocab = Map::new();
    // As Python reads lines: only these three end one, and the last needs no end. A token listed twice has its later id.
    for (id, token) in vocab_txt.replace("\r\n", "\n").trim_end_matches('\n').split(['\n', '\r']).enumerate() {
        vocab.insert(token.to_owned(), id.into());
    }
    let id = |token: &str| vocab.get(token).cloned().ok_or_else(|| format!("the token {token} is missing"));
    let (cls, sep) = (id("[CLS]")?, id("[SEP]")?);
    id("[UNK]")?;
    let added_tokens: Vec<Value> = SPECIAL_TOKENS
        .iter()
        .filter_map(|&token| Some(json!({"id": vocab.get(token)?, "content": token, "special": true})))
        .collect();
    Ok(json!({
        "version": "1.0",
        "added_tokens": added_tokens,
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": true,
            "handle_chinese_chars": options.tokenize_chinese_chars,
            "strip_accents": options.strip_accents,
            "lowercase": options.lowercase,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "cls": ["[CLS]", cls], "sep": ["[SEP]", sep]},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocab,
        },
    }))
}

/// The part of `tokenizer_config.json` that changes token ids; what it does not say is `None`.
pub(super) struct Settings {
    lowercase: Option<bool>,
    /// The inner `None` is the file's `null`: as `lowercase` says.
    strip_accents: Option<Option<bool>>,
    tokenize_chinese_chars: Option<bool>,
}

impl Settings {
    pub(super) fn from_json(bytes: &[u8]) -> Result<Self, String> {
        let config: Map<String, Value> =
            serde_json::from_slice(bytes).map_err(|e| format!("not a JSON object: {e}"))?;
        let flag = |name: &str| config.get(name).and_then(Value::as_bool);
        Ok(Self {
            lowercase: flag("do_lower_case"),
            strip_accents: config.get("strip_accents").map(Value::as_bool),
            tokenize_chinese_chars: flag("tokenize_chinese_chars"),
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

    /// Overrides the BERT normalizer of a `tokenizer.json`, as `transformers` does.
    pub(super) fn apply(&self, tokenizer: &mut Value) {
        let Some(normalizer) = tokenizer.get_mut("normalizer").and_then(Value::as_object_mut) else { return };
        if normalizer.get("type").and_then(Value::as_str) != Some("BertNormalizer") {
            return;
        }
        if let Some(lowercase) = self.lowercase {
            normalizer.insert("lowercase".to_owned(), lowercase.into());
        }
        if let Some(strip_accents) = self.strip_accents {
            normalizer.insert("strip_accents".to_owned(), strip_accents.into());
        }
        if let Some(split) = self.tokenize_chinese_chars {
            normalizer.insert("handle_chinese_chars".to_owned(), split.into());
        }
    }
}
