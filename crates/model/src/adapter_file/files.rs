//! Adapters from and to files, in each form that they have.

use super::AdapterFile;
use super::parts::{from_parts, to_parts};

/// Adapters in AdapterHub's directories; see [`graftwork_formats::adapterhub::directory`].
pub mod adapterhub {
    use std::collections::BTreeMap;
    use std::path::Path;

    pub use graftwork_formats::adapterhub::directory::{FILES, check_dir};
    use graftwork_formats::{Result, adapterhub::directory};

    use super::{AdapterFile, from_parts, to_parts};

    /// Reads the directory `dir`.
    ///
    /// # Errors
    /// If a file is missing, damaged, too large or not supported, or the files contradict each other.
    pub fn read_dir(dir: &Path) -> Result<AdapterFile> {
        let (names, parts) = directory::read_dir(dir)?;
        from_parts(&names, parts)
    }

    /// Reads the files of a directory from memory, by file name; `place` is what messages call the directory. Files that
    /// are not in [`FILES`] are ignored.
    ///
    /// # Errors
    /// As [`read_dir`].
    pub fn from_files(place: &str, files: &BTreeMap<String, Vec<u8>>) -> Result<AdapterFile> {
        let (names, parts) = directory::from_files(place, files)?;
        from_parts(&names, parts)
    }

    /// The files of the directory, by file name. The same adapter always gives the same bytes.
    ///
    /// # Errors
    /// If the adapter's tensors are not those that its configuration asks for.
    pub fn to_files(adapter: &AdapterFile) -> Result<BTreeMap<String, Vec<u8>>> {
        directory::to_files(&to_parts(adapter)?)
    }

    /// Writes the directory `dir`; see [`directory::write_dir`].
    ///
    /// # Errors
    /// If the adapter is inconsistent, `dir` holds another adapter's `.bin` weights (which AdapterHub would load instead),
    /// or writing fails; what was there before is untouched then.
    pub fn write_dir(adapter: &AdapterFile, dir: &Path) -> Result<()> {
        directory::write_dir(&to_parts(adapter)?, dir)
    }
}

/// Adapters in one file; see [`graftwork_formats::adapterhub::single_file`].
pub mod single_file {
    use std::path::Path;

    use graftwork_formats::{Result, adapterhub::single_file};

    use super::{AdapterFile, from_parts, to_parts};

    /// The file's bytes. The same adapter always gives the same bytes.
    ///
    /// # Errors
    /// If the adapter's tensors are not those that its configuration asks for.
    pub fn to_bytes(adapter: &AdapterFile) -> Result<Vec<u8>> {
        single_file::to_bytes(&to_parts(adapter)?)
    }

    /// Reads the bytes of such a file; `file` is what messages call it.
    ///
    /// # Errors
    /// If they are not such a file, are damaged, inconsistent or not supported.
    pub fn from_bytes(file: &str, bytes: &[u8]) -> Result<AdapterFile> {
        let (names, parts) = single_file::from_bytes(file, bytes)?;
        from_parts(&names, parts)
    }

    /// Writes the file to `path`, whole or not at all.
    ///
    /// # Errors
    /// If the adapter is inconsistent, or the file cannot be written.
    pub fn write(adapter: &AdapterFile, path: &Path) -> Result<()> {
        single_file::write(&to_parts(adapter)?, path)
    }
}
