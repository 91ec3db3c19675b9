//! Backbone directories that are made of others.

use std::fs;
use std::path::Path;

use graftwork_formats::Error as FileError;
use graftwork_formats::atomic_file::{sync_directory_of, temporary_beside};

use crate::{Error, Result};

/// What a backbone directory holds besides weights, where it is there.
const COPIED: [&str; 7] = [
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
];

/// Refuses a directory that is there already.
pub fn check_new(out: &Path) -> Result<()> {
    if out.exists() {
        let problem = "it is there already; name a new directory".to_owned();
        return Err(FileError::MissingFile { place: out.display().to_string(), problem }.into());
    }
    Ok(())
}

/// Makes the directory `out` with what `backbone` holds besides weights; `fill` adds the rest. It appears whole or not at all.
pub fn write_copy<T>(backbone: &Path, out: &Path, fill: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
    check_new(out)?;
    if let Some(parent) = out.parent() {
        fs::create_dir_all(parent).map_err(io("create", parent))?;
    }
    let temporary = temporary_beside(out);
    fs::create_dir(&temporary).map_err(io("create", &temporary))?;
    let written = copy(backbone, &temporary).and_then(|()| fill(&temporary)).and_then(|found| {
        fs::rename(&temporary, out).map_err(io("rename a temporary directory to", out)).map(|()| found)
    });
    if written.is_err() {
        // Best effort: the error that led here is the one worth reporting.
        let _ = fs::remove_dir_all(&temporary);
    }
    sync_directory_of(out);
    written
}

fn copy(backbone: &Path, to: &Path) -> Result<()> {
    for path in COPIED.map(|name| backbone.join(name)).iter().filter(|path| path.is_file()) {
        fs::copy(path, to.join(path.file_name().unwrap_or_default())).map_err(io("copy", path))?;
    }
    Ok(())
}

/// The error of a file.
pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let file = path.display().to_string();
    move |source| FileError::Io { action, file, source }.into()
}
