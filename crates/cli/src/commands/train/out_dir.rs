//! `--out`: one training's alone while that runs, looked at before anything takes long, and tidied.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use graftwork::files::{adapterhub, remove_temporaries};

use super::cannot;
use crate::failure::{Failure, Kind, Result};

/// The name of the checkpoint.
const CHECKPOINT: &str = "checkpoint.safetensors";
/// The name of the file whose lock a training holds.
const LOCK: &str = ".lock";

/// The directory of a training, locked.
pub struct OutDir {
    path: PathBuf,
    /// The system releases it when the process ends, however that happens.
    lock: File,
    /// Whether it was not there before.
    is_new: bool,
}

impl OutDir {
    /// Creates the directory where there is none, makes sure that an adapter can be written into it, and removes the
    /// half-written files of killed trainings.
    ///
    /// # Errors
    /// If it cannot be written, something is in the way, or another training uses it.
    pub fn open(path: &Path) -> Result<Self> {
        let is_new = !path.exists();
        fs::create_dir_all(path).map_err(|e| cannot("create", path, &e))?;
        let out = Self { path: path.to_owned(), lock: lock(path)?, is_new };
        adapterhub::check_dir(path).map_err(|e| Failure::of(Kind::Failure, &e))?;
        if out.checkpoint().is_dir() {
            let message = format!("a directory is in the way of the checkpoint {}", out.checkpoint().display());
            return Err(Failure::new(Kind::Failure, message).hint("remove it, or choose another --out"));
        }
        // Nobody else writes these files here now: who did is dead.
        remove_temporaries(path, adapterhub::FILES.into_iter().chain([CHECKPOINT]))?;
        Ok(out)
    }

    /// Where the adapter goes.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the checkpoint goes.
    pub fn checkpoint(&self) -> PathBuf {
        self.path.join(CHECKPOINT)
    }

    /// Removes what a finished run no longer needs.
    pub fn remove_checkpoint(&self) {
        // It is a few megabytes at most; failing to remove it does no harm.
        let _ = fs::remove_file(self.checkpoint());
    }
}

impl Drop for OutDir {
    fn drop(&mut self) {
        // While it is still locked, so that the next training finds either this lock or no file.
        let _ = fs::remove_file(self.path.join(LOCK));
        if self.is_new {
            // Only succeeds if nothing was written: a run that ends before its first checkpoint leaves nothing behind.
            let _ = fs::remove_dir(&self.path);
        }
        let _ = self.lock.unlock();
    }
}

/// Locks the directory for this process, whose number goes into the lock's file.
fn lock(dir: &Path) -> Result<File> {
    let path = dir.join(LOCK);
    loop {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|e| cannot("write into", dir, &e).hint("choose an --out that can be written"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                let _ = file.read_to_string(&mut owner);
                let message = format!("another training (process {owner}) is writing into {}", dir.display());
                return Err(Failure::new(Kind::Failure, message).hint("wait for it, or choose another --out"));
            }
            Err(TryLockError::Error(e)) => return Err(cannot("lock", &path, &e)),
        }
        // Its owner may have removed it, and so ended its use, between opening and locking.
        if is_at(&file, &path) {
            file.set_len(0)
                .and_then(|()| write!(file, "{}", std::process::id()))
                .map_err(|e| cannot("write", &path, &e))?;
            return Ok(file);
        }
    }
}

/// Whether an open file still has this name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(held), Ok(named)) => identity(held) == identity(named),
        _ => false,
    }
}

/// Elsewhere a file that somebody has open keeps its name.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}
