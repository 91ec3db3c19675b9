//! Heads beside an adapter's first one: in a directory each in a folder of its own, as AdapterHub's `load_head` reads them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::directory::{HEAD_CONFIG, HEAD_PICKLE, HEAD_WEIGHTS};
use crate::error::{Error, Result};
use crate::json::shown;
use crate::torch::file::Tensors;

/// The folder of the heads' folders, and the key under which our section of the configuration lists the heads.
pub const HEADS: &str = "heads";

/// A head beside the first one, under AdapterHub's names.
#[derive(Debug, Clone, Default)]
pub struct HeadParts {
    /// What it is called: its folder, and part of its tensors' names.
    pub name: String,
    /// What its `head_config.json` holds.
    pub config: Map<String, Value>,
    /// Its tensors.
    pub tensors: Tensors,
}

/// The files of a head by their paths from the adapter's directory: configuration, weights, weights as PyTorch saves them.
pub(super) fn files_of(name: &str) -> [String; 3] {
    [HEAD_CONFIG, HEAD_WEIGHTS, HEAD_PICKLE].map(|file| format!("{HEADS}/{name}/{file}"))
}

/// Refuses a head's name that is not plainly the name of a folder.
///
/// # Errors
/// If it has other characters than letters, digits, `-` and `_`.
pub fn check_head_name(file: &str, name: &str) -> Result<()> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if (1..=64).contains(&name.len()) && name.bytes().all(is_plain) {
        return Ok(());
    }
    let problem = format!(
        "has {}; a head's name has from 1 to 64 letters, digits, - and _",
        shown(&Value::String(name.to_owned()))
    );
    Err(Error::config(file, HEADS, problem))
}

/// The names that the section of `adapter_config.json` lists, in their order; `None` if it says nothing about heads.
pub(super) fn listed(file: &str, config: &Map<String, Value>) -> Result<Option<Vec<String>>> {
    let section = config.get(super::SECTION).and_then(|section| section.get(HEADS));
    let Some(list) = section else { return Ok(None) };
    let name = |entry: &Value| entry.get("name")?.as_str().map(str::to_owned);
    let names: Option<Vec<String>> = list.as_array().and_then(|list| list.iter().map(name).collect());
    let names = names.ok_or_else(|| Error::config(file, HEADS, "must be a list of objects, each with a `name`"))?;
    names.iter().try_for_each(|name| check_head_name(file, name))?;
    Ok(Some(names))
}

/// The folders of a directory that hold heads, sorted by name.
pub(super) fn folders(dir: &Path) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(dir.join(HEADS)).into_iter().flatten().flatten().map(|entry| entry.path());
    let with_head = entries.filter(|path| path.join(HEAD_CONFIG).is_file());
    let named = with_head.filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), path)));
    named.collect::<BTreeMap<_, _>>().into_iter().collect()
}

/// Removes the heads of an adapter that was here before, but for those whose files are among `files`.
pub(super) fn remove_others(dir: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    for (name, folder) in folders(dir) {
        let own = files_of(&name);
        if files.contains_key(&own[0]) {
            continue;
        }
        // The configuration first: without it the folder holds no head.
        for path in own.iter().map(|file| dir.join(file)).filter(|path| path.is_file()) {
            fs::remove_file(&path).map_err(Error::io("remove", &path))?;
        }
        // Best effort: somebody may have put files of his own there.
        let _ = fs::remove_dir(&folder);
        let _ = fs::remove_dir(dir.join(HEADS));
    }
    Ok(())
}
