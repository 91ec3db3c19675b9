//! The cache's side: files are hashed while they are written and appear under their name only
//! when they are what was pinned.

use std::fmt;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};

use super::pins::{FILES, Pin};

/// Why a cached folder cannot be used.
pub enum Bad {
    Missing(&'static str),
    Changed(&'static str),
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "{name} is missing"),
            Self::Changed(name) => write!(f, "{name} is not the pinned file"),
        }
    }
}

/// Checks size and SHA-256 of every file.
pub fn verify(dir: &Path) -> Result<(), Bad> {
    for pin in &FILES {
        let mut file = File::open(dir.join(pin.name)).map_err(|_| Bad::Missing(pin.name))?;
        let same_size = file.metadata().is_ok_and(|meta| meta.len() == pin.bytes);
        let hash = same_size.then(|| copy(&mut file, &mut std::io::sink(), pin, |_| {}));
        match hash {
            Some(Ok(hash)) if hash == pin.sha256 => {}
            _ => return Err(Bad::Changed(pin.name)),
        }
    }
    Ok(())
}

/// Writes one pinned file: to a temporary name, verified, then renamed.
pub fn write(dir: &Path, pin: &Pin, from: &mut dyn Read) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    // The process id keeps two runs at once from writing into each other's file.
    let part = dir.join(format!("{}.{}.tmp", pin.name, std::process::id()));
    let bar = bar(pin);
    let done = (|| {
        let mut file = File::create(&part)?;
        let hash = copy(from, &mut file, pin, |bytes| bar.inc(bytes))?;
        file.sync_all()?;
        ensure!(
            hash == pin.sha256,
            "{} has SHA-256 {hash}, pinned is {}: the file was changed or cut short",
            pin.name,
            pin.sha256
        );
        fs::rename(&part, dir.join(pin.name))?;
        Ok(())
    })();
    bar.finish();
    if done.is_err() {
        // Best effort: the error that matters is the one being returned.
        let _ = fs::remove_file(&part);
    }
    done
}

/// Copies at most one byte more than pinned, so that an endless source cannot fill the disk.
fn copy(from: &mut dyn Read, to: &mut dyn Write, pin: &Pin, progress: impl Fn(u64)) -> Result<String> {
    let mut from = from.take(pin.bytes + 1);
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; 1 << 16];
    loop {
        let n = from.read(&mut chunk).with_context(|| format!("reading {}", pin.name))?;
        if n == 0 {
            break;
        }
        hasher.update(&chunk[..n]);
        to.write_all(&chunk[..n]).with_context(|| format!("writing {}", pin.name))?;
        progress(n as u64);
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn bar(pin: &Pin) -> ProgressBar {
    let style = "{prefix:18} [{bar:32}] {bytes}/{total_bytes} {bytes_per_sec}, {eta} left";
    let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(pin.bytes).with_style(style.progress_chars("=> ")).with_prefix(pin.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    // SHA-256 of "abc", from FIPS 180-2's examples.
    const ABC: Pin =
        Pin { name: "abc", bytes: 3, sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" };

    #[test]
    fn a_pinned_file_appears_under_its_name() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &ABC, &mut &b"abc"[..]).unwrap();
        assert_eq!(fs::read(dir.path().join("abc")).unwrap(), b"abc");
    }

    #[test]
    fn a_changed_short_or_long_file_leaves_nothing_behind() {
        for wrong in [&b"abd"[..], b"ab", b"abcd", b""] {
            let dir = tempfile::tempdir().unwrap();
            let error = write(dir.path(), &ABC, &mut &*wrong).unwrap_err();
            assert!(error.to_string().contains("pinned"), "{error}");
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn an_empty_cache_is_missing_not_damaged() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(verify(dir.path()), Err(Bad::Missing("config.json"))));
        fs::write(dir.path().join("config.json"), "{}").unwrap();
        assert!(matches!(verify(dir.path()), Err(Bad::Changed("config.json"))));
    }
}
