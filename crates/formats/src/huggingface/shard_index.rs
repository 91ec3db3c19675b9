//! Which files a sharded checkpoint consists of.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::json::Fields;

/// The most shards that are opened.
const MAX_SHARDS: usize = 1000;

/// The shards that an index lists, each with its tensors.
pub(crate) fn shards_of_index(file: &str, bytes: &[u8]) -> Result<BTreeMap<String, Vec<String>>> {
    let mut fields = Fields::parse(file, bytes)?;
    let map = fields.take_object("weight_map")?.unwrap_or_default();
    let mut shards: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (tensor, shard) in map {
        let shard = shard.as_str().unwrap_or_default();
        if !is_plain_file_name(shard) {
            let problem =
                format!("lists {shard:?} for `{tensor}`; a shard must be a plain file name in the same directory");
            return Err(Error::config(file, "weight_map", problem));
        }
        shards.entry(shard.to_owned()).or_default().push(tensor);
    }
    if shards.is_empty() || shards.len() > MAX_SHARDS {
        let problem = format!("lists {} shards; it must be from 1 to {MAX_SHARDS}", shards.len());
        return Err(Error::config(file, "weight_map", problem));
    }
    Ok(shards)
}

/// Whether `name` names a file in its own directory on every system: no separators, drives, streams or dot names.
pub(crate) fn is_plain_file_name(name: &str) -> bool {
    let fine = |c: char| c.is_alphanumeric() || "-_.+ ".contains(c);
    name.ends_with(".safetensors") && !name.starts_with('.') && name.chars().all(fine)
}
