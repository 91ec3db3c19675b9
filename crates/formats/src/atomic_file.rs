//! Files that are whole or not there: written under a temporary name in the same directory, then renamed.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};

/// Writes `bytes` to `path` so that a reader, or a crash at any moment, meets either the old file or the new one.
///
/// # Errors
/// If the directory of `path` is not there or not writable; nothing is left behind then.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    Pending::write(path, bytes)?.commit()
}

/// A file that lies under its temporary name, written and flushed to the disk. Dropping it removes it.
pub struct Pending {
    temporary: PathBuf,
    target: PathBuf,
}

impl Pending {
    /// Writes `bytes` beside `target`.
    pub fn write(target: &Path, bytes: &[u8]) -> Result<Self> {
        let (temporary, mut file) = loop {
            let temporary = temporary_beside(target);
            // `create_new` so that neither another process' file nor a link planted under that name is written to.
            match OpenOptions::new().write(true).create_new(true).open(&temporary) {
                Ok(file) => break (temporary, file),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::io("create", &temporary)(error)),
            }
        };
        let pending = Self { temporary, target: target.to_owned() };
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(Error::io("write", &pending.temporary))?;
        Ok(pending)
    }

    /// Gives it its name.
    pub fn commit(self) -> Result<()> {
        fs::rename(&self.temporary, &self.target).map_err(Error::io("rename a temporary file to", &self.target))?;
        sync_directory_of(&self.target);
        std::mem::forget(self);
        Ok(())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        // Best effort: the error that led here is the one worth reporting.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// A path in the directory of `target` that no file has yet, as far as this process knows.
pub fn temporary_beside(target: &Path) -> PathBuf {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    target.with_file_name(format!(".{name}.{}-{number}.tmp", process_id()))
}

/// Removes what processes that were killed while they wrote files of these names have left in `dir`. The caller knows
/// that nobody is writing them now.
///
/// # Errors
/// If the directory cannot be read, or a file not removed.
pub fn remove_temporaries<'a>(dir: &Path, names: impl IntoIterator<Item = &'a str>) -> Result<()> {
    let names: Vec<&str> = names.into_iter().collect();
    let is_ours = |file: &str| {
        let temporary = file.strip_prefix('.').and_then(|rest| rest.strip_suffix(".tmp"));
        temporary.and_then(|rest| rest.rsplit_once('.')).is_some_and(|(name, writer)| {
            let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            names.contains(&name) && writer.split_once('-').is_some_and(|(process, n)| digits(process) && digits(n))
        })
    };
    for entry in fs::read_dir(dir).map_err(Error::io("read", dir))? {
        let path = entry.map_err(Error::io("read", dir))?.path();
        if path.file_name().and_then(|name| name.to_str()).is_some_and(is_ours) {
            fs::remove_file(&path).map_err(Error::io("remove", &path))?;
        }
    }
    Ok(())
}

fn process_id() -> u32 {
    if cfg!(target_family = "wasm") { 0 } else { std::process::id() }
}

/// Makes a rename in the directory of `path` survive a power cut where the system offers that.
pub fn sync_directory_of(path: &Path) {
    if cfg!(unix)
        && let Some(parent) = path.parent()
    {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        // Not every file system can; the rename itself has succeeded.
        let _ = File::open(parent).and_then(|directory| directory.sync_all());
    }
}

/// All of `path`, if it has at most `limit` bytes; `what` is what the message calls them.
pub fn read_capped(path: &Path, limit: u64, what: &'static str) -> Result<Vec<u8>> {
    let file = File::open(path).map_err(Error::io("open", path))?;
    let length = file.metadata().map_err(Error::io("read", path))?.len();
    let too_large = |found| Error::TooLarge { file: path.display().to_string(), what, found, limit };
    if length > limit {
        return Err(too_large(length));
    }
    // The length may be a lie (a pipe, a file that grows): the reader is bounded too.
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(limit + 1).read_to_end(&mut bytes).map_err(Error::io("read", path))?;
    if bytes.len() as u64 > limit {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.bin");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn until_it_is_committed_the_old_file_stands() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.bin");
        write_atomically(&path, b"old").unwrap();
        let pending = Pending::write(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        drop(pending);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_directory_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let message = write_atomically(&dir.path().join("no/a.bin"), b"").unwrap_err().to_string();
        assert!(message.starts_with("cannot create"), "{message}");
    }

    #[test]
    fn reading_is_capped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.bin");
        fs::write(&path, b"12345").unwrap();
        assert_eq!(read_capped(&path, 5, "x").unwrap(), b"12345");
        assert!(matches!(read_capped(&path, 4, "x"), Err(Error::TooLarge { found: 5, limit: 4, .. })));
    }
}
