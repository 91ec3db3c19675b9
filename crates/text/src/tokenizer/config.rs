//! What is let into the `tokenizers` crate.
//!
//! A tokenizer file comes from outside, and the crate trusts it: a token id of 4 billion makes it allocate a table of
//! 4 billion entries, a token of a million characters recurses a million deep, a chain of replacements multiplies the
//! text. So the pipeline is built here from the parts that are known; anything else is refused by name.

use std::collections::HashMap;

use serde_json::Value;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::{
    bert::BertNormalizer,
    strip::Strip,
    strip_accents::StripAccents,
    unicode::{NFC, NFD, NFKC, NFKD},
    utils::Lowercase,
};
use tokenizers::vocab::bucket_added_vocabulary::{AddedToken, AddedVocabulary};

use super::pipeline::{Frame, Pipeline, Step, Steps};
use super::words::Split;

/// Tokens with larger ids are refused; the largest published vocabularies have some 500,000.
const MAX_ID: u64 = (1 << 21) - 1;
/// Longer tokens are refused, in bytes; WordPiece never looks up more than [`MAX_WORD_CHARS`] characters.
const MAX_TOKEN_BYTES: usize = 1024;
/// More added tokens are refused; a few are usual.
const MAX_ADDED: usize = 10_000;
/// BERT's is 100.
const MAX_WORD_CHARS: u64 = 10_000;

/// A tokenizer file that was read.
pub(super) struct Read {
    pub pipeline: Pipeline,
    /// Token to id: the vocabulary and the added tokens.
    pub ids: HashMap<String, u32>,
    /// The added tokens under the ids that the file gives them.
    pub added: Vec<(u32, String)>,
}

/// Reads a `tokenizer.json` of any version.
pub(super) fn read(mut value: Value) -> Result<Read, String> {
    let frame = read_frame(value.get_mut("post_processor").map(Value::take).unwrap_or_default())?;
    let part = |name: &str| value.get(name).unwrap_or(&Value::Null);
    let (model, mut ids) = read_model(part("model"))?;
    let steps = Steps(list(part("normalizer"), "normalizers", read_step)?);
    let splits = list(part("pre_tokenizer"), "pretokenizers", read_split)?;

    let listed = part("added_tokens").as_array().map_or(&[][..], Vec::as_slice);
    if listed.len() > MAX_ADDED {
        return Err(format!("{} added tokens are more than {MAX_ADDED}", listed.len()));
    }
    let tokens = listed.iter().map(read_added_token).collect::<Result<Vec<_>, _>>()?;
    let mut vocabulary = AddedVocabulary::new();
    vocabulary
        .add_tokens(tokens.iter().map(|(_, token)| token.clone()), ids.len(), |t| ids.get(t).copied(), Some(&steps))
        .map_err(|e| e.to_string())?;
    // Added tokens that the vocabulary lacks get the ids that follow it, whatever the file says.
    let numbered = vocabulary.get_added_tokens_decoder();
    let mut added = Vec::new();
    for (id, AddedToken { content, .. }) in tokens {
        if let Some(known) = ids.insert(content.clone(), id).filter(|&known| known != id) {
            return Err(format!("the added token {content:?} has the id {id}, but {known} in the vocabulary"));
        }
        if added.iter().any(|(other, _)| *other == id) {
            return Err(format!("two added tokens have the id {id}"));
        }
        if !numbered.contains_key(&id) {
            return Err(format!("the added token {content:?} has the id {id}, which does not follow the others"));
        }
        added.push((id, content));
    }
    let model = model.try_into().map_err(|e: tokenizers::Error| e.to_string())?;
    let pipeline = Pipeline { added: vocabulary, steps, splits, model, frame, scratches: Default::default() };
    Ok(Read { pipeline, ids, added })
}

fn read_model(model: &Value) -> Result<(WordPiece, HashMap<String, u32>), String> {
    // Old files name no kind; a BPE may have the prefix, but only a BPE has merges.
    let untyped = model.get("continuing_subword_prefix").is_some() && model.get("merges").is_none();
    let kind = if model.get("type").is_none() && untyped { "WordPiece" } else { kind_of(model) };
    if kind != "WordPiece" {
        return Err(format!("the tokenizer model is {kind}: only WordPiece (BERT) is supported"));
    }
    let vocab = model.get("vocab").and_then(Value::as_object).ok_or("the model has no `vocab`")?;
    let mut ids = HashMap::with_capacity(vocab.len());
    for (token, id) in vocab {
        check_token(token)?;
        ids.insert(token.clone(), check_id(token, id)?);
    }
    let text = |name: &str| model.get(name).and_then(Value::as_str).ok_or(format!("the model has no `{name}`"));
    let (unk_token, prefix) = (text("unk_token")?, text("continuing_subword_prefix")?);
    if !ids.contains_key(unk_token) {
        return Err(format!("the unknown-word token {unk_token:?} is not in the vocabulary"));
    }
    check_token(prefix)?;
    let word_chars = model.get("max_input_chars_per_word").and_then(Value::as_u64);
    let word_chars =
        word_chars.filter(|&chars| chars <= MAX_WORD_CHARS).ok_or("`max_input_chars_per_word` is missing or huge")?;
    let mut model = WordPiece {
        unk_token: unk_token.to_owned(),
        continuing_subword_prefix: prefix.to_owned(),
        max_input_chars_per_word: word_chars as usize,
        ..WordPiece::default()
    };
    model.vocab.extend(ids.iter().map(|(token, &id)| (token.clone(), id)));
    Ok((model, ids))
}

fn check_token(token: &str) -> Result<(), String> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(format!("a token is {} bytes long, more than {MAX_TOKEN_BYTES}", token.len()));
    }
    if token.contains('\0') {
        return Err(format!("the token {token:?} contains a NUL character"));
    }
    Ok(())
}

fn check_id(token: &str, id: &Value) -> Result<u32, String> {
    let id = id.as_u64().filter(|&id| id <= MAX_ID);
    id.and_then(|id| u32::try_from(id).ok())
        .ok_or_else(|| format!("the token {token:?} has no id, or one beyond {MAX_ID}"))
}

fn read_added_token(token: &Value) -> Result<(u32, AddedToken), String> {
    let content = token.get("content").and_then(Value::as_str).ok_or("an added token has no `content`")?;
    check_token(content)?;
    if content.is_empty() {
        return Err("an added token is empty".to_owned());
    }
    let id = check_id(content, token.get("id").unwrap_or(&Value::Null))?;
    let flag = |name: &str| token.get(name).and_then(Value::as_bool);
    let is = |name: &str| flag(name).unwrap_or(false);
    if is("single_word") && !content.is_ascii() {
        return Err(format!("the added token {content:?} is `single_word` and not ASCII, which is not supported"));
    }
    // `normalized` defaults to the opposite of `special`, the rest to false, as in the library.
    let token = AddedToken::from(content, is("special")).single_word(is("single_word"));
    let normalized = flag("normalized").unwrap_or(token.normalized);
    Ok((id, token.lstrip(is("lstrip")).rstrip(is("rstrip")).normalized(normalized)))
}

fn read_step(normalizer: &Value) -> Result<Step, String> {
    let flag = |name: &str, default| normalizer.get(name).and_then(Value::as_bool).unwrap_or(default);
    Ok(match kind_of(normalizer) {
        "BertNormalizer" => Step::new(BertNormalizer::new(
            flag("clean_text", true),
            flag("handle_chinese_chars", true),
            normalizer.get("strip_accents").and_then(Value::as_bool),
            flag("lowercase", true),
        )),
        "Strip" => Step::new(Strip::new(flag("strip_left", true), flag("strip_right", true))),
        "Lowercase" => Step::new(Lowercase),
        "StripAccents" => Step::new(StripAccents::new()),
        "NFC" => Step::new(NFC),
        "NFD" => Step::new(NFD),
        "NFKC" => Step::new(NFKC),
        "NFKD" => Step::new(NFKD),
        other => return Err(format!("the normalizer {other} is not supported")),
    })
}

fn read_split(pre_tokenizer: &Value) -> Result<Split, String> {
    Ok(match kind_of(pre_tokenizer) {
        "BertPreTokenizer" => Split::Bert,
        "Whitespace" => Split::Words,
        "WhitespaceSplit" => Split::Spaces,
        other => return Err(format!("the pre-tokenizer {other} is not supported")),
    })
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

/// What the post-processor puts around a single text.
fn read_frame(mut post_processor: Value) -> Result<Frame, String> {
    // `BertProcessing` and the templates of old files become pieces of ids.
    tokenizers::canonicalize_post_processor(&mut post_processor).map_err(|e| e.to_string())?;
    let mut frame = Frame::default();
    let mut seen = false;
    for piece in post_processor.get("single").and_then(Value::as_array).into_iter().flatten() {
        let number = |id: &Value| id.as_u64().and_then(|id| u32::try_from(id).ok());
        let type_id = piece.get("type_id").and_then(number).unwrap_or(0);
        if let Some(ids) = piece.get("ids").and_then(Value::as_array) {
            let part = if seen { &mut frame.suffix } else { &mut frame.prefix };
            for id in ids {
                part.push((number(id).ok_or("the post-processor has a bad id")?, type_id));
            }
        } else if !seen && piece.get("seq").and_then(Value::as_str) == Some("A") {
            (seen, frame.type_id) = (true, type_id);
        } else {
            return Err("the post-processor's template for one text is not understood".to_owned());
        }
    }
    if !seen || frame.prefix.is_empty() || frame.suffix.is_empty() {
        return Err("the post-processor does not put a text between [CLS] and [SEP]".to_owned());
    }
    Ok(frame)
}

fn kind_of(component: &Value) -> &str {
    match component {
        Value::Null => "none",
        component => component.get("type").and_then(Value::as_str).unwrap_or("without a type"),
    }
}
