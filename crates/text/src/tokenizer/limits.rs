//! What a vocabulary may be, checked while it is read.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::added::AddedToken;
use super::object::Object;

/// Tokens with larger ids are refused; the largest published vocabularies have some 500,000.
pub(super) const MAX_ID: u32 = (1 << 21) - 1;
/// Longer tokens are refused, in bytes.
const MAX_TOKEN_BYTES: usize = 1024;
/// More added tokens are refused; a few are usual.
const MAX_ADDED: usize = 10_000;

pub(super) fn check_token(token: &str) -> Result<(), String> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(format!("a token is {} bytes long, more than {MAX_TOKEN_BYTES}", token.len()));
    }
    if token.contains('\0') {
        return Err(format!("the token {token:?} contains a NUL character"));
    }
    Ok(())
}

pub(super) fn check_id(token: &str, id: u64) -> Result<u32, String> {
    let small = u32::try_from(id).ok().filter(|&id| id <= MAX_ID);
    small.ok_or_else(|| format!("the token {token:?} has the id {id}, beyond {MAX_ID}"))
}

/// The error for more than `MAX_ID + 1` of something.
pub(super) fn too_many(what: &str) -> String {
    format!("there are more than {} {what}", MAX_ID + 1)
}

/// Tokens and their ids, from a JSON object.
pub(super) struct Vocab(pub Vec<(String, u32)>);

impl<'de> Deserialize<'de> for Vocab {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(VocabVisitor)
    }
}

struct VocabVisitor;

impl<'de> Visitor<'de> for VocabVisitor {
    type Value = Vocab;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("tokens with their ids")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Vocab, M::Error> {
        let mut vocab = Vec::new();
        while let Some((token, id)) = map.next_entry::<String, u64>()? {
            if vocab.len() > MAX_ID as usize {
                return Err(Error::custom(too_many("tokens")));
            }
            check_token(&token).map_err(Error::custom)?;
            let id = check_id(&token, id).map_err(Error::custom)?;
            vocab.push((token, id));
        }
        Ok(Vocab(vocab))
    }
}

/// Tokens and their scores by id, from a JSON list of pairs.
pub(super) struct Scored(pub Vec<(String, f64)>);

impl<'de> Deserialize<'de> for Scored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ScoredVisitor)
    }
}

struct ScoredVisitor;

impl<'de> Visitor<'de> for ScoredVisitor {
    type Value = Scored;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of tokens with their scores")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Scored, S::Error> {
        let mut vocab = Vec::new();
        while let Some((token, score)) = seq.next_element::<(String, f64)>()? {
            if vocab.len() > MAX_ID as usize {
                return Err(Error::custom(too_many("tokens")));
            }
            check_token(&token).map_err(Error::custom)?;
            vocab.push((token, score));
        }
        Ok(Scored(vocab))
    }
}

/// Pairs of tokens to be merged, from a JSON list of pairs or, in old files, of strings with a space between the two.
pub(super) struct Merges(pub Vec<(String, String)>);

impl<'de> Deserialize<'de> for Merges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(MergesVisitor)
    }
}

struct MergesVisitor;

impl<'de> Visitor<'de> for MergesVisitor {
    type Value = Merges;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of merges")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Merges, S::Error> {
        let mut merges = Merges(Vec::new());
        while let Some(merge) = seq.next_element::<&RawValue>()? {
            merges.add_json(merge.get()).map_err(Error::custom)?;
        }
        Ok(merges)
    }
}

impl Merges {
    fn add_json(&mut self, merge: &str) -> Result<(), String> {
        // Before it is read: two tokens, every byte of them escaped, and what JSON needs.
        if merge.len() > 2 * 6 * MAX_TOKEN_BYTES + 64 {
            return Err(format!("a merge is {} bytes long", merge.len()));
        }
        let fail = |e: serde_json::Error| format!("the merge {merge}: {e}");
        if merge.starts_with('[') {
            self.push(&serde_json::from_slice::<Vec<String>>(merge.as_bytes()).map_err(fail)?)
        } else {
            self.add(&serde_json::from_slice::<String>(merge.as_bytes()).map_err(fail)?)
        }
    }

    /// Adds the two tokens of a line with a space between them.
    pub(super) fn add(&mut self, line: &str) -> Result<(), String> {
        self.push(&line.splitn(3, ' ').collect::<Vec<_>>())
    }

    fn push<S: AsRef<str>>(&mut self, tokens: &[S]) -> Result<(), String> {
        if self.0.len() > MAX_ID as usize {
            return Err(too_many("merges"));
        }
        let [left, right] = tokens else {
            return Err(format!("a merge of {} tokens, not two", tokens.len()));
        };
        let token = |token: &S| check_token(token.as_ref()).map(|()| token.as_ref().to_owned());
        self.0.push((token(left)?, token(right)?));
        Ok(())
    }
}

/// The tokens beside the vocabulary, from a JSON list of objects.
pub(super) struct AddedTokens(pub Vec<AddedToken>);

impl<'de> Deserialize<'de> for AddedTokens {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(AddedTokensVisitor)
    }
}

struct AddedTokensVisitor;

impl<'de> Visitor<'de> for AddedTokensVisitor {
    type Value = AddedTokens;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of added tokens")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<AddedTokens, S::Error> {
        let mut tokens = AddedTokens(Vec::new());
        while let Some(token) = seq.next_element::<&RawValue>()? {
            if tokens.0.len() == MAX_ADDED {
                return Err(Error::custom(format!("there are more than {MAX_ADDED} added tokens")));
            }
            tokens.0.push(added_token(token.get()).map_err(Error::custom)?);
        }
        Ok(tokens)
    }
}

fn added_token(json: &str) -> Result<AddedToken, String> {
    let keys = &["id", "content", "special", "single_word", "lstrip", "rstrip", "normalized"];
    let fail = |e: serde_json::Error| format!("an added token: {e}");
    let token = Object::read(json.as_bytes(), keys).map_err(fail)?;
    let flag = |key| Ok::<_, String>(token.get(key).map_err(fail)?.unwrap_or(false));
    let content: String = token.need("content").map_err(fail)?;
    check_token(&content)?;
    if content.is_empty() {
        return Err("an added token is empty".to_owned());
    }
    let id = check_id(&content, token.need("id").map_err(fail)?)?;
    let normalized: Option<Option<bool>> = token.get("normalized").map_err(fail)?;
    // As in the library.
    let normalized = normalized.flatten().unwrap_or(!flag("special")?);
    let (single_word, lstrip, rstrip) = (flag("single_word")?, flag("lstrip")?, flag("rstrip")?);
    Ok(AddedToken { id, content, single_word, lstrip, rstrip, normalized })
}
