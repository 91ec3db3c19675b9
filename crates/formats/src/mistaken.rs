//! What often lies where a model's file should be, for messages that say what to do about it.

use std::fs;
use std::path::Path;

/// How many bytes of a file [`content`] wants.
pub(crate) const BEGIN_BYTES: usize = 64;

/// What a file is instead of what its name says, by its first bytes. `None` if that is not known.
pub(crate) fn content(begin: &[u8]) -> Option<&'static str> {
    let text = begin.trim_ascii_start();
    if begin.is_empty() {
        Some("it is empty: download it again")
    } else if begin.starts_with(b"version https://git-lfs") {
        Some(
            "it is a pointer of Git LFS, not the file itself: run `git lfs pull` where it was cloned, or download the file",
        )
    } else if text.starts_with(b"<!") || text.starts_with(b"<html") {
        Some("it is a web page: the download failed, or the model asks for a login; download the file itself")
    } else if begin.starts_with(&[0x1f, 0x8b]) {
        Some("it is compressed with gzip: unpack it first")
    } else {
        None
    }
}

/// A hint at the folders in `dir` that hold `file`, which was expected in `dir` itself; empty if none does.
pub(crate) fn folders_with(file: &str, dir: &Path) -> String {
    let entries = fs::read_dir(dir).into_iter().flatten().take(1000).filter_map(|entry| Some(entry.ok()?.path()));
    let mut folders: Vec<_> =
        entries.filter(|path| path.join(file).is_file()).map(|path| format!("`{}`", path.display())).collect();
    folders.sort();
    folders.truncate(3);
    if folders.is_empty() { String::new() } else { format!("; give {}, which holds one", folders.join(" or ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_instead_is_told() {
        let told = |begin: &[u8], what: &str| assert!(content(begin).is_some_and(|text| text.contains(what)), "{what}");
        told(b"", "empty");
        told(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a", "git lfs pull");
        told(b"\n<!DOCTYPE html>", "web page");
        told(b"\x1f\x8b\x08", "gzip");
        assert_eq!(content(b"{\"a\": 1}"), None);
        assert_eq!(content(b"PK\x03\x04"), None);
    }

    #[test]
    fn a_folder_further_down_is_named() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(folders_with("a.json", dir.path()), "");
        fs::create_dir(dir.path().join("md")).unwrap();
        fs::write(dir.path().join("md/a.json"), "{}").unwrap();
        assert!(folders_with("a.json", dir.path()).ends_with("md`, which holds one"));
    }
}
