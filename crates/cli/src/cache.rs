//! `--backbone DIR|ID`: a directory, or a name in the user's cache.

use std::env;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Kind, Result};

/// The files of a backbone, in the order in which they are looked at.
const FILES: [&str; 3] = ["config.json", "model.safetensors", "tokenizer.json"];
/// The backbone that `cargo xtask model` gets.
const DEFAULT: &str = "sentence-transformers/all-MiniLM-L6-v2";

/// The directory of a backbone.
///
/// # Errors
/// If there is none of that name; the hint says how to get it.
pub fn backbone_dir(name: &str) -> Result<PathBuf> {
    find(name, models().as_deref())
}

fn find(name: &str, models: Option<&Path>) -> Result<PathBuf> {
    if Path::new(name).is_dir() {
        return Ok(name.into());
    }
    let cached = models.filter(|_| is_id(name)).map(|models| {
        // A name such as all-MiniLM-L6-v2 is enough for the default backbone.
        let id = if DEFAULT.ends_with(&format!("/{name}")) { DEFAULT } else { name };
        id.split('/').fold(models.to_owned(), |dir, part| dir.join(part))
    });
    match cached {
        Some(dir) if dir.is_dir() => Ok(dir),
        Some(dir) => Err(unknown(name, &dir)),
        None => Err(Failure::new(Kind::Input, format!("there is no backbone directory {name}"))),
    }
}

fn unknown(name: &str, dir: &Path) -> Failure {
    let message = format!("there is no backbone {name}: neither such a directory, nor {}", dir.display());
    let hint = if DEFAULT == name || DEFAULT.ends_with(&format!("/{name}")) {
        format!("get it with `cargo xtask model`, or put these files there:{}", urls(DEFAULT))
    } else if name.matches('/').count() == 1 {
        format!("if it is a BERT model on the Hugging Face hub, put its files there:{}", urls(name))
    } else {
        format!("give the directory of a BERT model, or an id such as {DEFAULT}")
    };
    Failure::new(Kind::Input, message).hint(hint)
}

fn urls(id: &str) -> String {
    FILES.iter().map(|file| format!("\n  https://huggingface.co/{id}/resolve/main/{file}")).collect()
}

/// Whether a name may be joined to the cache: parts of harmless characters, none of them `.` or `..`.
fn is_id(name: &str) -> bool {
    let harmless = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    name.split('/').all(harmless)
}

/// Where cached backbones lie; `cargo xtask model` puts them there. `None` where no home directory is known.
fn models() -> Option<PathBuf> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = variable("GRAFTWORK_CACHE").or_else(|| {
        let base = if cfg!(windows) {
            variable("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            variable("HOME").map(|home| home.join("Library/Caches"))
        } else {
            // The XDG specification: a relative path in the variable is to be ignored.
            let xdg = variable("XDG_CACHE_HOME").filter(|dir| dir.is_absolute());
            xdg.or_else(|| variable("HOME").map(|home| home.join(".cache")))
        };
        base.map(|base| base.join("graftwork"))
    });
    cache.map(|cache| cache.join("models"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_ids_and_strangers() {
        let root = env::temp_dir().join(format!("graftwork-cache-{}", std::process::id()));
        let minilm = root.join(DEFAULT);
        std::fs::create_dir_all(&minilm).unwrap();
        let find = |name: &str| find(name, Some(&root));
        assert_eq!(find(minilm.to_str().unwrap()).unwrap(), minilm);
        assert_eq!(find(DEFAULT).unwrap(), minilm);
        assert_eq!(find("all-MiniLM-L6-v2").unwrap(), minilm);
        let missing = find("someone/bert").unwrap_err();
        assert_eq!(missing.kind, Kind::Input);
        assert!(missing.hint.unwrap().contains("https://huggingface.co/someone/bert/resolve/main/config.json"));
        for stranger in ["../../etc", "/no/such", "", "a//b", ".hidden", "C:\\x"] {
            assert!(find(stranger).is_err(), "{stranger}");
        }
        std::fs::remove_dir_all(&root).unwrap();
        assert!(super::find(DEFAULT, Some(&root)).unwrap_err().hint.unwrap().contains("cargo xtask model"));
    }
}
