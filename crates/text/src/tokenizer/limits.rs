//! What a vocabulary may be, checked while it is read.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// Tokens with larger ids are refused; the largest published vocabularies have some 500,000.
pub(super) const MAX_ID: u32 = (1 << 21) - 1;
/// Longer tokens are refused, in bytes.
const MAX_TOKEN_BYTES: usize = 1024;

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
