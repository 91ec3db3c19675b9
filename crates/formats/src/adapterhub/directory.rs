//! AdapterHub's directories (library `adapters` 1.3.0).
//!
//! | file | holds | read also |
//! |---|---|---|
//! | `adapter_config.json` | the method under `config`; ours under `graftwork` | |
//! | `adapter.safetensors` | the adapter's tensors | `pytorch_adapter.bin` |
//! | `head_config.json` | the head | |
//! | `model_head.safetensors` | the head's tensors | `pytorch_model_head.bin` |
//! | `heads/NAME/` | the same two files of a head beside the first one, for AdapterHub's `load_head` | |
//!
//! Written are the safetensors forms, which AdapterHub loads with `load_adapter(dir, use_safetensors=True)`. Where both
//! forms are there, the safetensors one is read. Tensors are written as F32 whatever they were read from.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::heads::{self, HeadParts};
use super::{MAX_WEIGHTS_BYTES, Names, Parts, refuse_peft};
use crate::atomic_file::{Pending, read_capped, sync_directory_of, temporary_beside};
use crate::error::{Error, Result};
use crate::json::{Fields, MAX_JSON_BYTES, to_sorted_text};
use crate::mistaken;
use crate::safetensors::write::serialize;
use crate::torch::file as torch_file;

/// The adapter's configuration.
pub const ADAPTER_CONFIG: &str = "adapter_config.json";
/// The adapter's tensors.
pub const ADAPTER_WEIGHTS: &str = "adapter.safetensors";
/// The same as PyTorch saves them.
pub const ADAPTER_PICKLE: &str = "pytorch_adapter.bin";
/// The head's configuration.
pub const HEAD_CONFIG: &str = "head_config.json";
/// The head's tensors.
pub const HEAD_WEIGHTS: &str = "model_head.safetensors";
/// The same as PyTorch saves them.
pub const HEAD_PICKLE: &str = "pytorch_model_head.bin";

/// The files that such a directory may hold beside the folders of further heads; others are not looked at.
pub const FILES: [&str; 6] = [ADAPTER_CONFIG, ADAPTER_WEIGHTS, ADAPTER_PICKLE, HEAD_CONFIG, HEAD_WEIGHTS, HEAD_PICKLE];

/// Reads the directory `dir`.
///
/// # Errors
/// If a file is missing, damaged, too large or not supported, or the files contradict each other.
pub fn read_dir(dir: &Path) -> Result<(Names, Parts)> {
    let mut files = BTreeMap::new();
    FILES.into_iter().try_for_each(|name| read_file(dir, name, &mut files))?;
    let place = dir.display().to_string();
    if !files.contains_key(ADAPTER_CONFIG) {
        return Err(no_config(&place, &mistaken::folders_with(ADAPTER_CONFIG, dir)));
    }
    let config = Fields::parse(&format!("{place}/{ADAPTER_CONFIG}"), &files[ADAPTER_CONFIG])?.rest();
    for name in names_of_heads(&place, &config, || heads::folders(dir).into_iter().map(|(name, _)| name).collect())? {
        let own = heads::files_of(&name);
        own.iter().try_for_each(|name| read_file(dir, name, &mut files))?;
        if !files.contains_key(&own[0]) {
            let problem = format!("there is no {}; the adapter's configuration lists that head", own[0]);
            return Err(Error::MissingFile { place, problem });
        }
    }
    from_files(&place, &files)
}

/// Reads a file if it is there; of two forms of the same weights, only the one that counts.
fn read_file(dir: &Path, name: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    let path = dir.join(name);
    let superseding = [(ADAPTER_PICKLE, ADAPTER_WEIGHTS), (HEAD_PICKLE, HEAD_WEIGHTS)];
    let is_superseded = |(pickle, by): (&str, &str)| {
        name.strip_suffix(pickle).is_some_and(|dir| files.contains_key(&format!("{dir}{by}")))
    };
    if superseding.into_iter().any(is_superseded) || !path.is_file() {
        return Ok(());
    }
    let (limit, what) = match name.ends_with(".json") {
        true => (MAX_JSON_BYTES as u64, "the JSON text"),
        false => (MAX_WEIGHTS_BYTES, "the weights"),
    };
    files.insert(name.to_owned(), read_capped(&path, limit, what)?);
    Ok(())
}

/// The heads beside the first one, in their order: those that the configuration lists, or where it says nothing, those that are
/// there.
fn names_of_heads(
    place: &str,
    config: &serde_json::Map<String, serde_json::Value>,
    there: impl FnOnce() -> Vec<String>,
) -> Result<Vec<String>> {
    let file = format!("{place}/{ADAPTER_CONFIG}");
    let names = heads::listed(&file, config)?.unwrap_or_else(there);
    names.iter().try_for_each(|name| heads::check_head_name(&file, name))?;
    Ok(names)
}

fn no_config(place: &str, hint: &str) -> Error {
    let holds = "an adapter directory holds it and adapter.safetensors (or pytorch_adapter.bin)";
    Error::MissingFile { place: place.to_owned(), problem: format!("there is no {ADAPTER_CONFIG}; {holds}{hint}") }
}

/// Reads the files of a directory from memory, by file name; `place` is what messages call the directory. Files that are
/// neither in [`FILES`] nor of a head that is listed are ignored; a head beside the first one may be left out.
///
/// # Errors
/// As [`read_dir`].
pub fn from_files(place: &str, files: &BTreeMap<String, Vec<u8>>) -> Result<(Names, Parts)> {
    let path = |name: &str| format!("{place}/{name}");
    let get = |name: &'static str| files.get(name).map(|bytes| (path(name), bytes.as_slice()));
    let first = |names: [&'static str; 2]| names.into_iter().find_map(get);
    let missing = |problem: String| Error::MissingFile { place: place.to_owned(), problem };
    let lacks = |what: &str, of: &str| missing(format!("there is no {what}; {of}"));

    let adapter_config = get(ADAPTER_CONFIG).ok_or_else(|| no_config(place, ""))?;
    let object = |(file, bytes): &(String, &[u8])| Fields::parse(file, bytes).map(Fields::rest);
    let config = object(&adapter_config)?;
    // Before weights are asked for, which a PEFT directory has under other names.
    refuse_peft(&adapter_config.0, &config)?;
    let adapter_weights = first([ADAPTER_WEIGHTS, ADAPTER_PICKLE])
        .ok_or_else(|| lacks("adapter.safetensors and no pytorch_adapter.bin", "the adapter has no weights"))?;
    let head_weights = first([HEAD_WEIGHTS, HEAD_PICKLE]);
    let head_config = get(HEAD_CONFIG);
    match (&head_config, &head_weights) {
        (Some(_), None) => {
            let problem = "the head has no weights: add the file, or remove head_config.json";
            return Err(lacks("model_head.safetensors and no pytorch_model_head.bin", problem));
        }
        (None, Some((file, _))) => {
            return Err(lacks(HEAD_CONFIG, &format!("add it, or remove {file}")));
        }
        _ => {}
    }
    let names = Names {
        place: place.to_owned(),
        adapter_config: adapter_config.0.clone(),
        adapter_tensors: adapter_weights.0.clone(),
        head_config: path(HEAD_CONFIG),
        head_tensors: head_weights.as_ref().map_or_else(|| path(HEAD_WEIGHTS), |(file, _)| file.clone()),
    };
    let mut further = Vec::new();
    for name in names_of_heads(place, &config, || there(files))? {
        let [own, weights, pickle] = heads::files_of(&name);
        let Some(own) = files.get(&own).map(|bytes| (path(&own), bytes.as_slice())) else { continue };
        let of_head = [weights, pickle].into_iter().find_map(|name| Some((path(&name), files.get(&name)?)));
        let (file, bytes) = of_head
            .ok_or_else(|| lacks(&format!("{}/{name}/{HEAD_WEIGHTS}", heads::HEADS), "the head has no weights"))?;
        further.push(HeadParts { config: object(&own)?, tensors: torch_file::read(&file, bytes)?, name });
    }
    let parts = Parts {
        heads: further,
        adapter_config: config,
        adapter_tensors: torch_file::read(&adapter_weights.0, adapter_weights.1)?,
        head_config: head_config.as_ref().map(object).transpose()?,
        head_tensors: head_weights.map(|(file, bytes)| torch_file::read(&file, bytes)).transpose()?.unwrap_or_default(),
    };
    Ok((names, parts))
}

/// The heads that a map of files has folders of.
fn there(files: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let folder = |file: &String| {
        file.strip_prefix(heads::HEADS)?
            .strip_prefix('/')?
            .strip_suffix(HEAD_CONFIG)?
            .strip_suffix('/')
            .map(str::to_owned)
    };
    files.keys().filter_map(folder).collect()
}

/// The files of the directory, by file name. The same parts always give the same bytes.
///
/// # Errors
/// If the tensors cannot be laid out as a file.
pub fn to_files(parts: &Parts) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::from([
        (ADAPTER_CONFIG.to_owned(), to_sorted_text(&parts.adapter_config)),
        (ADAPTER_WEIGHTS.to_owned(), serialize(&parts.adapter_tensors, None)?),
    ]);
    if let Some(head) = &parts.head_config {
        files.insert(HEAD_CONFIG.to_owned(), to_sorted_text(head));
        files.insert(HEAD_WEIGHTS.to_owned(), serialize(&parts.head_tensors, None)?);
    }
    for head in &parts.heads {
        let [config, weights, _] = heads::files_of(&head.name);
        files.insert(config, to_sorted_text(&head.config));
        files.insert(weights, serialize(&head.tensors, None)?);
    }
    Ok(files)
}

/// Writes the directory `dir`. A new directory appears whole or not at all. In an existing one each file is replaced
/// whole, and other files are left alone; should the machine stop between two of these renames, the next reader finds
/// that the weights do not match the configuration ([`Error::MixedFiles`]) rather than computing with a mixture.
///
/// # Errors
/// If `dir` holds another adapter's `.bin` weights (which AdapterHub would load instead), or
/// writing fails; what was there before is untouched then.
pub fn write_dir(parts: &Parts, dir: &Path) -> Result<()> {
    let files = to_files(parts)?;
    if dir.is_dir() {
        return replace_files(dir, &files);
    }
    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
    }
    let temporary = temporary_beside(dir);
    fs::create_dir(&temporary).map_err(Error::io("create", &temporary))?;
    let written = write_all(&temporary, &files)
        .and_then(|()| fs::rename(&temporary, dir).map_err(Error::io("rename a temporary directory to", dir)));
    if written.is_err() {
        // Best effort: the error that led here is the one worth reporting.
        let _ = fs::remove_dir_all(&temporary);
    }
    sync_directory_of(dir);
    written
}

fn write_all(dir: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    files.iter().try_for_each(|(name, bytes)| pending(dir, name, bytes)?.commit())
}

/// Writes a file of the directory or of a folder in it, still under its temporary name.
fn pending(dir: &Path, name: &str, bytes: &[u8]) -> Result<Pending> {
    let path = dir.join(name);
    if let Some(folder) = path.parent().filter(|folder| !folder.is_dir()) {
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    }
    Pending::write(&path, bytes)
}

/// Whether [`write_dir`] could replace the files of an existing directory, as far as that can be told without writing:
/// for work that would be in vain if its result found no place.
///
/// # Errors
/// If the directory holds another adapter's `.bin` weights, or directories where files should be.
pub fn check_dir(dir: &Path) -> Result<()> {
    let problem = |problem: String| Error::MissingFile { place: dir.display().to_string(), problem };
    if let Some(name) = FILES.into_iter().find(|name| dir.join(name).is_dir()) {
        return Err(problem(format!(
            "a directory is in the way of the file {name}; remove it or choose another directory"
        )));
    }
    if let Some(pickle) = [ADAPTER_PICKLE, HEAD_PICKLE].into_iter().find(|name| dir.join(name).exists()) {
        return Err(problem(format!(
            "the directory holds {pickle}, which AdapterHub would load instead of the new weights; remove it or choose \
             another directory"
        )));
    }
    Ok(())
}

fn replace_files(dir: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    check_dir(dir)?;
    let pending: Vec<_> = files.iter().map(|(name, bytes)| pending(dir, name, bytes)).collect::<Result<_>>()?;
    // Before the new configuration is there, which does not know them.
    heads::remove_others(dir, files)?;
    pending.into_iter().try_for_each(Pending::commit)?;
    // The head of the adapter that was here before, if the new one has none.
    for name in [HEAD_CONFIG, HEAD_WEIGHTS].into_iter().filter(|name| !files.contains_key(*name)) {
        let path = dir.join(name);
        if path.exists() {
            fs::remove_file(&path).map_err(Error::io("remove", &path))?;
        }
    }
    Ok(())
}
