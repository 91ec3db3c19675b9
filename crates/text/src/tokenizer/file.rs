//! What is let in of a `tokenizer.json`.
//!
//! A tokenizer file comes from outside. What is in it is read into no more memory than it needs, and what is not known
//! is refused by name.

use serde_json::Value;
use serde_json::value::RawValue;

use super::added::{AddedToken, Finder};
use super::bpe::Bpe;
use super::charsmap::Charsmap;
use super::keys::Keys;
use super::limits::{AddedTokens, Merges, Scored, Vocab, check_token};
use super::normalized::Normalized;
use super::normalizer::Step;
use super::object::Object;
use super::pipeline::{Model, Pipeline};
use super::template::Template;
use super::unigram::{SPACE, Unigram};
use super::wordpiece::WordPiece;
use super::words::Split;

/// Larger components are refused, in bytes of JSON; they have a few hundred, but a normalizer may have a table of 300 KB in it.
const MAX_COMPONENT_BYTES: usize = 64 << 10;
const MAX_NORMALIZER_BYTES: usize = 1 << 20;
/// BERT's is 100.
const MAX_WORD_CHARS: usize = 10_000;

/// A tokenizer as it stands in its file or files.
pub(super) struct Parts {
    pub vocab: Vec<(String, u32)>,
    pub model: ModelParts,
    pub added: Vec<AddedToken>,
    pub steps: Vec<Step>,
    pub splits: Vec<Split>,
    /// Of byte-level tokenizers, whether a text's first word gets a space as well.
    pub prefix_space: Option<bool>,
    pub template: Template,
}

/// A model without its vocabulary.
pub(super) enum ModelParts {
    WordPiece {
        unk_token: String,
        prefix: String,
        max_word_chars: usize,
    },
    Bpe {
        merges: Vec<(String, String)>,
    },
    /// A score for each token, by id.
    Unigram {
        scores: Vec<f64>,
        unknown: u32,
    },
}

/// Reads a `tokenizer.json` of any version.
pub(super) fn read(json: &[u8]) -> Result<Parts, String> {
    let fail = |e: serde_json::Error| {
        // Many repositories keep this file there, and it looks like one when it was cloned without.
        let hint = "run `git lfs pull` where it was cloned, or download the file";
        match json.starts_with(b"version https://git-lfs") {
            true => format!("a pointer of Git LFS, not the file itself: {hint}"),
            false => format!("not a tokenizer's JSON: {e}"),
        }
    };
    let keys = &["model", "normalizer", "pre_tokenizer", "post_processor", "added_tokens"];
    let file = Object::read(json, keys).map_err(fail)?;
    let added = file.get("added_tokens").map_err(fail)?.map_or_else(Vec::new, |AddedTokens(added)| added);
    let (vocab, model) = read_model(file.raw("model"))?;
    let (splits, prefix_space) = read_pre_tokenizer(&component(file.raw("pre_tokenizer"), MAX_COMPONENT_BYTES)?)?;
    Ok(Parts {
        vocab,
        model,
        added,
        steps: list(&component(file.raw("normalizer"), MAX_NORMALIZER_BYTES)?, "normalizers", read_step)?,
        splits,
        prefix_space,
        template: Template::read(&component(file.raw("post_processor"), MAX_COMPONENT_BYTES)?)?,
    })
}

/// What models say of themselves; each kind has some of it.
const MODEL_KEYS: &[&str] = &[
    "type",
    "vocab",
    "unk_token",
    "continuing_subword_prefix",
    "max_input_chars_per_word",
    "merges",
    "dropout",
    "end_of_word_suffix",
    "byte_fallback",
    "ignore_merges",
    "unk_id",
];

fn read_model(model: Option<&RawValue>) -> Result<(Vec<(String, u32)>, ModelParts), String> {
    let json = model.map_or("null", RawValue::get);
    let fail = |e: serde_json::Error| format!("the tokenizer model: {e}");
    let file = Object::read(json.as_bytes(), MODEL_KEYS).map_err(fail)?;
    let vocab = || file.need("vocab").map_err(fail).map(|Vocab(vocab)| vocab);
    // Old files name no kind; a BPE may have the prefix, but only a BPE has merges.
    let is_there = |key| file.raw(key).is_some_and(|value| value.get() != "null");
    let untyped = match is_there("merges") {
        true => "BPE",
        false if is_there("continuing_subword_prefix") => "WordPiece",
        false => "without a type",
    };
    let kind: Option<Option<String>> = file.get("type").map_err(fail)?;
    match kind.flatten().as_deref().unwrap_or(untyped) {
        "WordPiece" => {
            let vocab = vocab()?;
            let model = ModelParts::WordPiece {
                unk_token: file.need("unk_token").map_err(fail)?,
                prefix: file.need("continuing_subword_prefix").map_err(fail)?,
                max_word_chars: file.need("max_input_chars_per_word").map_err(fail)?,
            };
            if let ModelParts::WordPiece { prefix, .. } = &model {
                check_token(prefix)?;
            }
            Ok((vocab, model))
        }
        "BPE" => {
            let vocab = vocab()?;
            let Merges(merges) = file.need("merges").map_err(fail)?;
            let affix =
                |key| Ok::<_, String>(file.get::<Option<String>>(key).map_err(fail)?.flatten().unwrap_or_default());
            let flag = |key| Ok::<_, String>(file.get(key).map_err(fail)?.unwrap_or(false));
            let dropout: Option<Option<f64>> = file.get("dropout").map_err(fail)?;
            let unknown = [
                ("dropout", dropout.flatten().is_some_and(|dropout| dropout != 0.0)),
                ("continuing_subword_prefix", !affix("continuing_subword_prefix")?.is_empty()),
                ("end_of_word_suffix", !affix("end_of_word_suffix")?.is_empty()),
                ("byte_fallback", flag("byte_fallback")?),
                ("ignore_merges", flag("ignore_merges")?),
            ];
            if let Some((name, _)) = unknown.iter().find(|(_, on)| *on) {
                return Err(format!("the tokenizer model is a BPE with `{name}`, which is not supported"));
            }
            Ok((vocab, ModelParts::Bpe { merges }))
        }
        "Unigram" => {
            let Scored(scored) = file.need("vocab").map_err(fail)?;
            if file.get("byte_fallback").map_err(fail)?.unwrap_or(false) {
                return Err("the tokenizer model is a Unigram with `byte_fallback`, which is not supported".to_owned());
            }
            let unknown: Option<u32> = file.get::<Option<u32>>("unk_id").map_err(fail)?.flatten();
            let known = unknown.filter(|id| (*id as usize) < scored.len());
            let unknown = known.ok_or("the tokenizer model is a Unigram whose `unk_id` is none of its tokens")?;
            let (tokens, scores): (Vec<String>, Vec<f64>) = scored.into_iter().unzip();
            Ok((tokens.into_iter().zip(0..).collect(), ModelParts::Unigram { scores, unknown }))
        }
        kind => Err(format!(
            "the tokenizer model is {kind}: WordPiece (BERT), byte-level BPE (RoBERTa) and Unigram (XLM-R) are supported"
        )),
    }
}

fn read_step(normalizer: &Value) -> Result<Step, String> {
    let flag = |name: &str| normalizer.get(name).and_then(Value::as_bool);
    let form = |compatible, composed| Step::Form { compatible, composed };
    Ok(match kind_of(normalizer) {
        "BertNormalizer" => Step::Bert {
            clean: flag("clean_text").unwrap_or(true),
            split_ideographs: flag("handle_chinese_chars").unwrap_or(true),
            strip_accents: flag("strip_accents"),
            lowercase: flag("lowercase").unwrap_or(true),
        },
        "Strip" => Step::Strip { left: flag("strip_left").unwrap_or(true), right: flag("strip_right").unwrap_or(true) },
        "Lowercase" => Step::Lowercase,
        "StripAccents" => Step::StripAccents,
        "NFC" => form(false, true),
        "NFD" => form(false, false),
        "NFKC" => form(true, true),
        "NFKD" => form(true, false),
        "Precompiled" => {
            let table = normalizer.get("precompiled_charsmap").and_then(Value::as_str);
            Step::Charsmap(Charsmap::read(table.ok_or("the normalizer Precompiled has no `precompiled_charsmap`")?)?)
        }
        // The one expression that SentencePiece's tokenizers have there.
        "Replace"
            if normalizer.pointer("/pattern/Regex").and_then(Value::as_str) == Some(" {2,}")
                && normalizer.get("content").and_then(Value::as_str).is_some_and(|c| matches!(c, " " | "\u{2581}")) =>
        {
            Step::SingleSpaces
        }
        other => return Err(format!("the normalizer {other} is not supported")),
    })
}

/// The splits, and of a byte-level tokenizer whether it adds a space.
fn read_pre_tokenizer(pre_tokenizer: &Value) -> Result<(Vec<Split>, Option<bool>), String> {
    let flag = |name: &str, default| pre_tokenizer.get(name).and_then(Value::as_bool).unwrap_or(default);
    if kind_of(pre_tokenizer) == "ByteLevel" {
        let splits = if flag("use_regex", true) { vec![Split::Gpt2] } else { Vec::new() };
        return Ok((splits, Some(flag("add_prefix_space", true))));
    }
    Ok((list(pre_tokenizer, "pretokenizers", read_split)?, None))
}

fn read_split(pre_tokenizer: &Value) -> Result<Split, String> {
    Ok(match kind_of(pre_tokenizer) {
        "BertPreTokenizer" => Split::Bert,
        "Whitespace" => Split::Words,
        "WhitespaceSplit" => Split::Spaces,
        "Metaspace" => {
            let text = |key| pre_tokenizer.get(key).and_then(Value::as_str);
            let flag = |key| pre_tokenizer.get(key).and_then(Value::as_bool).unwrap_or(true);
            let sign = text("replacement").is_none_or(|sign| sign.chars().eq([SPACE]));
            if !sign
                || !flag("add_prefix_space")
                || !flag("split")
                || text("prepend_scheme").is_some_and(|s| s != "always")
            {
                let usual = "replacement \"\u{2581}\", prepend_scheme \"always\" and split";
                return Err(format!("the pre-tokenizer Metaspace is supported with {usual} only"));
            }
            Split::Metaspace
        }
        other => return Err(format!("the pre-tokenizer {other} is not supported")),
    })
}

fn component(json: Option<&RawValue>, most: usize) -> Result<Value, String> {
    let json = json.map_or("null", RawValue::get);
    if json.len() > most {
        let begin: String = json.chars().take(60).collect();
        return Err(format!("a part of {} bytes is none that is supported: {begin}...", json.len()));
    }
    serde_json::from_slice(json.as_bytes()).map_err(|e| format!("not JSON: {e}"))
}

/// No component, one, or a flat sequence: a sequence within a sequence is refused, as is a long one.
fn list<T>(component: &Value, key: &str, read: fn(&Value) -> Result<T, String>) -> Result<Vec<T>, String> {
    match kind_of(component) {
        "none" => return Ok(Vec::new()),
        "Sequence" => {}
        _ => return Ok(vec![read(component)?]),
    }
    let members = component.get(key).and_then(Value::as_array).ok_or(format!("a Sequence has no `{key}`"))?;
    if members.len() > 16 || members.iter().any(|member| matches!(kind_of(member), "Sequence" | "none")) {
        return Err(format!("a Sequence of {key} is too long or nested"));
    }
    members.iter().map(read).collect()
}

fn kind_of(component: &Value) -> &str {
    match component {
        Value::Null => "none",
        component => component.get("type").and_then(Value::as_str).unwrap_or("without a type"),
    }
}

impl Parts {
    /// Puts the parts together.
    pub(super) fn build(self) -> Result<(Pipeline, Vec<AddedToken>), String> {
        let Self { vocab, model, added, steps, splits, prefix_space, template } = self;
        let vocab = Keys::new(vocab);
        let model = match model {
            ModelParts::Unigram { .. } if splits.last() != Some(&Split::Metaspace) => {
                return Err("a Unigram model is supported behind the pre-tokenizer Metaspace only".to_owned());
            }
            _ if splits.contains(&Split::Metaspace) && !matches!(model, ModelParts::Unigram { .. }) => {
                return Err("the pre-tokenizer Metaspace is supported before a Unigram model only".to_owned());
            }
            ModelParts::Unigram { scores, unknown } => Model::Unigram(Unigram::new(&vocab, scores, unknown)),
            ModelParts::WordPiece { .. } if prefix_space.is_some() => {
                return Err("a WordPiece model behind the pre-tokenizer ByteLevel is not supported".to_owned());
            }
            ModelParts::WordPiece { unk_token, prefix, max_word_chars } => {
                let unknown = vocab.get(&unk_token);
                let unknown =
                    unknown.ok_or_else(|| format!("the unknown-word token {unk_token:?} is not in the vocabulary"))?;
                if max_word_chars > MAX_WORD_CHARS {
                    return Err(format!("`max_input_chars_per_word` is {max_word_chars}, more than {MAX_WORD_CHARS}"));
                }
                Model::WordPiece(WordPiece::new(&vocab, &prefix, unknown, max_word_chars))
            }
            ModelParts::Bpe { merges } if prefix_space.is_some() => Model::Bpe(Bpe::new(&vocab, &merges)?),
            ModelParts::Bpe { .. } => {
                return Err("a BPE model is supported behind the pre-tokenizer ByteLevel only".to_owned());
            }
        };
        check_added(&added, &vocab)?;
        let (in_normalized, as_written) = added.iter().cloned().partition::<Vec<_>, _>(|token| token.normalized);
        let spell = |tokens: Vec<AddedToken>, steps: &[Step]| {
            let spelled = tokens.into_iter().map(|token| {
                let mut spelling = Normalized::new(&token.content);
                steps.iter().for_each(|step| step.apply(&mut spelling));
                (spelling.text().to_owned(), token)
            });
            Finder::new(spelled.collect())
        };
        let pipeline = Pipeline {
            as_written: spell(as_written, &[]),
            in_normalized: spell(in_normalized, &steps),
            prefix_space: prefix_space.unwrap_or(false),
            model,
            vocab,
            steps,
            splits,
            template,
        };
        Ok((pipeline, added))
    }
}

/// Added tokens that the vocabulary lacks must have the ids that follow it, as the library numbers them.
fn check_added(added: &[AddedToken], vocab: &Keys) -> Result<(), String> {
    let mut seen = std::collections::HashSet::new();
    let mut next = vocab.len() as u32;
    for AddedToken { id, content, .. } in added {
        match vocab.get(content) {
            Some(known) if known != *id => {
                return Err(format!("the added token {content:?} has the id {id}, but {known} in the vocabulary"));
            }
            Some(_) => {}
            None if *id == next => next += 1,
            None if !seen.contains(id) => {
                return Err(format!("the added token {content:?} has the id {id}, which does not follow the others"));
            }
            None => {}
        }
        if !seen.insert(*id) {
            return Err(format!("two added tokens have the id {id}"));
        }
    }
    Ok(())
}
