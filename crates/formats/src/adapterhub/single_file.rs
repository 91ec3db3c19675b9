//! An adapter in one safetensors file: for the web, where a directory is four downloads.
//!
//! The tensors are those of AdapterHub's `adapter.safetensors` and `model_head.safetensors`, under the same names. The
//! header's `__metadata__` has one key, `graftwork`: a JSON object with the two configuration files' objects under
//! `adapter_config`, if there is a head `head_config`, and if there are others `heads`: theirs by name.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Value, json};

use super::heads::{self, HEADS, HeadParts};
use super::{Names, Parts, directory, refuse_peft};
use crate::architectures;
use crate::atomic_file::write_atomically;
use crate::error::{Error, Result};
use crate::json::Fields;
use crate::safetensors::write::serialize;
use crate::torch::file::{self as torch_file, Tensors};

/// The key in `__metadata__` by which such a file is known.
const KEY: &str = "graftwork";

/// The file's bytes. The same parts always give the same bytes.
///
/// # Errors
/// If the tensors cannot be laid out as a file.
pub fn to_bytes(parts: &Parts) -> Result<Vec<u8>> {
    let mut configs = json!({ "adapter_config": parts.adapter_config });
    if let Some(head) = &parts.head_config {
        configs["head_config"] = Value::Object(head.clone());
    }
    if !parts.heads.is_empty() {
        configs[HEADS] = parts.heads.iter().map(|head| (head.name.clone(), json!(head.config))).collect();
    }
    configs.sort_all_objects();
    // One key only: with two, the order in the crate's hash map would change the bytes from run to run.
    let metadata = HashMap::from([(KEY.to_owned(), configs.to_string())]);
    let of_heads = parts.heads.iter().flat_map(|head| &head.tensors);
    serialize(parts.adapter_tensors.iter().chain(&parts.head_tensors).chain(of_heads), Some(metadata))
}

/// Reads the bytes of such a file; `file` is what messages call it.
///
/// # Errors
/// If they are not such a file, are damaged, inconsistent or not supported.
pub fn from_bytes(file: &str, bytes: &[u8]) -> Result<(Names, Parts)> {
    if torch_file::is_zip(bytes) {
        if lists(bytes, directory::ADAPTER_CONFIG) {
            let problem = "it is an adapter's directory packed as a ZIP archive; unpack it and give the directory";
            return Err(Error::MissingFile { place: file.to_owned(), problem: problem.to_owned() });
        }
        let problem = "it is a PyTorch weights file without its configuration; give the directory that it is in";
        return Err(Error::torch(file, problem));
    }
    let (tensors, metadata) = torch_file::read_safetensors(file, bytes)?;
    let Some(configs) = metadata.get(KEY) else {
        let problem = "it has tensors but no adapter configuration; give the directory that it is in, with \
                       adapter_config.json beside it";
        return Err(Error::safetensors(file, problem));
    };
    let mut configs = Fields::parse(file, configs.as_bytes())?;
    let adapter_config = configs
        .take_object("adapter_config")?
        .ok_or_else(|| Error::config(file, "adapter_config", "is missing from the metadata"))?;
    refuse_peft(file, &adapter_config)?;
    let head_config = configs.take_object("head_config")?;
    let is_head = |name: &str| name.starts_with("heads.") || architectures::is_of_classifier(name);
    let (mut head_tensors, adapter_tensors): (Tensors, Tensors) =
        tensors.into_iter().partition(|(name, _)| is_head(name));
    let mut configs = configs.take_object(HEADS)?.unwrap_or_default();
    let mut further = Vec::new();
    for name in heads::listed(file, &adapter_config)?.unwrap_or_default() {
        let Some(Value::Object(config)) = configs.shift_remove(&name) else {
            return Err(Error::config(
                file,
                HEADS,
                format!("lacks the head {name}, which the adapter's configuration lists"),
            ));
        };
        let prefix = format!("heads.{name}.");
        let (tensors, others) = head_tensors.into_iter().partition(|(stored, _)| stored.starts_with(&prefix));
        head_tensors = others;
        further.push(HeadParts { name, config, tensors });
    }
    let parts = Parts { adapter_config, adapter_tensors, head_config, head_tensors, heads: further };
    Ok((Names::all(file), parts))
}

/// Whether the directory of entries at the end of a ZIP archive mentions `name`.
fn lists(archive: &[u8], name: &str) -> bool {
    let end = &archive[archive.len().saturating_sub(64 << 10)..];
    end.windows(name.len()).any(|bytes| bytes == name.as_bytes())
}

/// Writes the file to `path`, whole or not at all.
///
/// # Errors
/// If the adapter is inconsistent, or the file cannot be written.
pub fn write(parts: &Parts, path: &Path) -> Result<()> {
    write_atomically(path, &to_bytes(parts)?)
}
