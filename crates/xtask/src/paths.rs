//! Where things lie: the repository, the build folder and the user's cache.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The repository's root folder.
pub fn root() -> PathBuf {
    // Known at compile time: the task runner is always built inside the repository it serves.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Cargo's build folder: `CARGO_TARGET_DIR`, or `target` in the repository.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        // Cargo reads a relative one from the working directory, and ours is always the root.
        Some(dir) if !dir.is_empty() => root().join(dir),
        _ => root().join("target"),
    }
}

/// Where the workspace's program of this name is, once it was built in release.
pub fn program(name: &str) -> PathBuf {
    target().join(format!("release/{name}{}", env::consts::EXE_SUFFIX))
}

/// The user's cache folder: `GRAFTWORK_CACHE`, or `graftwork` in the platform's cache folder.
///
/// The program `graftwork` resolves `--backbone ID` to `models/ID` in the same folder.
pub fn cache() -> Result<PathBuf> {
    if let Some(dir) = var("GRAFTWORK_CACHE") {
        return Ok(std::path::absolute(dir)?);
    }
    let base = if cfg!(windows) {
        var("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        var("HOME").map(|home| home.join("Library/Caches"))
    } else {
        // The XDG specification: a relative path in the variable is to be ignored.
        var("XDG_CACHE_HOME").filter(|dir| dir.is_absolute()).or_else(|| var("HOME").map(|home| home.join(".cache")))
    };
    let base = base.context("no home folder is known: set GRAFTWORK_CACHE to a folder for models")?;
    Ok(base.join("graftwork"))
}

/// The cached backbone named `id`, such as `sentence-transformers/all-MiniLM-L6-v2`.
pub fn model(id: &str) -> Result<PathBuf> {
    Ok(id.split('/').fold(cache()?.join("models"), |dir, part| dir.join(part)))
}

fn var(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
