//! The user's cache of backbones, shared with `cargo xtask model`.

use std::env;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// `GRAFTWORK_CACHE`, or `graftwork` in the platform's cache folder.
///
/// # Errors
/// If no home folder is known.
pub fn cache_dir() -> Result<PathBuf> {
    let var = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(dir) = var("GRAFTWORK_CACHE") {
        return std::path::absolute(dir).map_err(|_| Error::NoCache);
    }
    let base = if cfg!(windows) {
        var("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        var("HOME").map(|home| home.join("Library/Caches"))
    } else {
        var("XDG_CACHE_HOME").filter(|dir| dir.is_absolute()).or_else(|| var("HOME").map(|home| home.join(".cache")))
    };
    Ok(base.ok_or(Error::NoCache)?.join("graftwork"))
}

/// Where backbones lie, each under its Hugging Face id.
///
/// # Errors
/// If no home folder is known.
pub fn models_dir() -> Result<PathBuf> {
    Ok(cache_dir()?.join("models"))
}

/// The directory of a backbone that is named by its path or by its Hugging Face id.
///
/// # Errors
/// If there is no such directory, neither as it stands nor in the cache; the message says how to get it.
pub fn resolve_backbone(name: &str) -> Result<PathBuf> {
    let path = Path::new(name);
    if path.is_dir() {
        return Ok(path.to_path_buf());
    }
    let wrong = |must: String| Err(Error::Setting { setting: "the backbone", must });
    if let Some(dir) = path.parent().filter(|_| path.is_file()) {
        return wrong(format!("be a directory; `{name}` is a file in `{}`", dir.display()));
    }
    let parts: Vec<&str> = name.split('/').collect();
    let is_id = parts.iter().all(|part| !part.is_empty() && *part != "." && *part != ".." && !part.contains('\\'));
    if !is_id {
        return wrong(format!(
            "be a directory, or a Hugging Face id like `google-bert/bert-base-uncased`; there is no `{name}`"
        ));
    }
    let cached = parts.iter().fold(models_dir()?, |dir, part| dir.join(part));
    if cached.is_dir() {
        return Ok(cached);
    }
    Err(Error::NoBackbone { id: name.to_owned(), cached })
}

#[cfg(test)]
mod tests {
    use super::resolve_backbone;

    #[test]
    fn directories_and_ids() {
        assert_eq!(resolve_backbone("src").unwrap().to_str(), Some("src"));
        let message = resolve_backbone("nobody/nothing").unwrap_err().to_string();
        assert!(message.contains("nobody/nothing") && message.contains("huggingface.co"), "{message}");
        let message = |name| resolve_backbone(name).unwrap_err().to_string();
        assert_eq!(message("src/lib.rs"), "the backbone must be a directory; `src/lib.rs` is a file in `src`");
        assert!(message("../../nowhere").contains("there is no `../../nowhere`"));
    }
}
