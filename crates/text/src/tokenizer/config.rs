//! What is let into the `tokenizers` crate.
//!
//! A tokenizer file comes from outside, and the crate trusts it: a token id of 4 billion makes it allocate a table of
//! 4 billion entries, a token of a million characters recurses a million deep, a chain of replacements multiplies the
//! text. So the file is brought into its canonical form and then rebuilt from the parts that are known here; anything
//! else is refused by name.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

/// Tokens with larger ids are refused; the largest published vocabularies have some 500,000.
const MAX_ID: u64 = (1 << 21) - 1;
/// Longer tokens are refused, in bytes; WordPiece never looks up more than [`MAX_WORD_CHARS`] characters.
const MAX_TOKEN_BYTES: usize = 1024;
/// More added tokens are refused; a few are usual.
const MAX_ADDED: usize = 10_000;
/// BERT's is 100.
const MAX_WORD_CHARS: u64 = 10_000;

/// A tokenizer file that is safe to hand on.
pub(super) struct Checked {
    /// In the canonical form that `tokenizers::from_json` reads.
    pub json: String,
    /// Token to id: the vocabulary and the added tokens.
    pub ids: HashMap<String, u32>,
    /// The added tokens under the ids that the file gives them.
    pub added: Vec<(u32, String)>,
}

/// Brings a `tokenizer.json` of any version into the canonical form, checked.
pub(super) fn check(mut value: Value) -> Result<Checked, String> {
    tokenizers::canonicalize_value(&mut value).map_err(|e| e.to_string())?;
    let part = |name: &str| value.get(name).unwrap_or(&Value::Null);
    let (model, mut ids) = check_model(part("model"))?;
    let mut added = Vec::new();
    let mut added_tokens = Vec::new();
    let listed = part("added_tokens").as_array().map_or(&[][..], Vec::as_slice);
    if listed.len() > MAX_ADDED {
        return Err(format!("{} added tokens are more than {MAX_ADDED}", listed.len()));
    }
    for token in listed {
        let (content, id, token) = check_added_token(token)?;
        if let Some(known) = ids.insert(content.clone(), id).filter(|&known| known != id) {
            return Err(format!("the added token {content:?} has the id {id}, but {known} in the vocabulary"));
        }
        if added.iter().any(|(other, _)| *other == id) {
            return Err(format!("two added tokens have the id {id}"));
        }
        added.push((id, content));
        added_tokens.push(token);
    }
    let json = json!({
        "version": "2.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added_tokens,
        "normalizer": check_normalizer(part("normalizer"))?,
        "pre_tokenizer": check_pre_tokenizer(part("pre_tokenizer"))?,
        "post_processor": part("post_processor"),
        "decoder": null,
        "model": model,
    });
    Ok(Checked { json: json.to_string(), ids, added })
}

fn check_model(model: &Value) -> Result<(Value, HashMap<String, u32>), String> {
    let kind = kind_of(model);
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
    let model = json!({
        "type": "WordPiece",
        "unk_token": unk_token,
        "continuing_subword_prefix": prefix,
        "max_input_chars_per_word": word_chars,
        "vocab": vocab,
    });
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

fn check_added_token(token: &Value) -> Result<(String, u32, Value), String> {
    let content = token.get("content").and_then(Value::as_str).ok_or("an added token has no `content`")?;
    check_token(content)?;
    if content.is_empty() {
        return Err("an added token is empty".to_owned());
    }
    let id = check_id(content, token.get("id").unwrap_or(&Value::Null))?;
    let flag = |name: &str| token.get(name).and_then(Value::as_bool).unwrap_or(false);
    if flag("single_word") && !content.is_ascii() {
        return Err(format!("the added token {content:?} is `single_word` and not ASCII, which is not supported"));
    }
    // `normalized` defaults to the opposite of `special`, the rest to false, as in the library.
    let normalized = token.get("normalized").and_then(Value::as_bool).unwrap_or(!flag("special"));
    let checked = json!({
        "id": id,
        "content": content,
        "single_word": flag("single_word"),
        "lstrip": flag("lstrip"),
        "rstrip": flag("rstrip"),
        "normalized": normalized,
        "special": flag("special"),
    });
    Ok((content.to_owned(), id, checked))
}

fn check_normalizer(normalizer: &Value) -> Result<Value, String> {
    let flag = |name: &str, default| normalizer.get(name).and_then(Value::as_bool).unwrap_or(default);
    Ok(match kind_of(normalizer) {
        "none" => Value::Null,
        "BertNormalizer" => json!({
            "type": "BertNormalizer",
            "clean_text": flag("clean_text", true),
            "handle_chinese_chars": flag("handle_chinese_chars", true),
            "strip_accents": normalizer.get("strip_accents").and_then(Value::as_bool),
            "lowercase": flag("lowercase", true),
        }),
        "Strip" => {
            json!({"type": "Strip", "strip_left": flag("strip_left", true), "strip_right": flag("strip_right", true)})
        }
        kind @ ("Lowercase" | "StripAccents" | "NFC" | "NFD" | "NFKC" | "NFKD") => json!({ "type": kind }),
        "Sequence" => sequence(normalizer, "normalizers", check_normalizer)?,
        other => return Err(format!("the normalizer {other} is not supported")),
    })
}

fn check_pre_tokenizer(pre_tokenizer: &Value) -> Result<Value, String> {
    Ok(match kind_of(pre_tokenizer) {
        "none" => Value::Null,
        kind @ ("BertPreTokenizer" | "Whitespace" | "WhitespaceSplit") => json!({ "type": kind }),
        "Sequence" => sequence(pre_tokenizer, "pretokenizers", check_pre_tokenizer)?,
        other => return Err(format!("the pre-tokenizer {other} is not supported")),
    })
}

/// A flat sequence of components: a sequence within a sequence is refused, as is a long one.
fn sequence(component: &Value, key: &str, check: fn(&Value) -> Result<Value, String>) -> Result<Value, String> {
    let members = component.get(key).and_then(Value::as_array).ok_or(format!("a Sequence has no `{key}`"))?;
    if members.len() > 16 || members.iter().any(|member| matches!(kind_of(member), "Sequence" | "none")) {
        return Err(format!("a Sequence of {key} is too long or nested"));
    }
    let members: Vec<Value> = members.iter().map(check).collect::<Result<_, _>>()?;
    let mut checked = Map::new();
    checked.insert("type".to_owned(), "Sequence".into());
    checked.insert(key.to_owned(), members.into());
    Ok(checked.into())
}

fn kind_of(component: &Value) -> &str {
    match component {
        Value::Null => "none",
        component => component.get("type").and_then(Value::as_str).unwrap_or("without a type"),
    }
}
