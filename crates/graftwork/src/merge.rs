//! An adapter folded into a copy of its backbone, on disk.

use std::fs;
use std::path::{Path, PathBuf};

use graftwork_formats::atomic_file::{sync_directory_of, temporary_beside};
use graftwork_formats::{BackboneConfig, Checkpoint, Error as FileError, Fingerprint, json, write_weights};
use graftwork_model::{AdapterFile, Merged};

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
/// Where the head goes.
const HEAD: &str = "head";

/// What [`merge`] wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedBackbone {
    /// The identity of the merged weights.
    pub fingerprint: Fingerprint,
    /// The adapter's head as an adapter of its own, if it has one.
    pub head: Option<PathBuf>,
}

/// Writes a copy of the backbone in the directory `backbone` with an adapter folded into its weights: a directory in
/// Hugging Face layout, weights as F32. Loaded without the adapter it computes what the backbone computes with it, to
/// rounding. The adapter's head goes into its folder `head`, as an adapter without modules that names the new backbone.
/// `out` appears whole or not at all.
///
/// # Errors
/// If the adapter does not fit the backbone, is of another one or cannot be merged, `out` is there already, or a file
/// cannot be read or written.
pub fn merge(backbone: &Path, adapter: &AdapterFile, out: &Path) -> Result<MergedBackbone> {
    if out.exists() {
        let problem = "it is there already; name a new directory".to_owned();
        return Err(FileError::MissingFile { place: out.display().to_string(), problem }.into());
    }
    let config = BackboneConfig::from_dir(backbone)?;
    let mut weights = Checkpoint::open(backbone, &config)?;
    adapter.check_backbone(&config, Some(&Fingerprint::of(&mut weights)?))?;
    let mut merged = Merged::new(&mut weights, &config, adapter)?;
    if let Some(parent) = out.parent() {
        fs::create_dir_all(parent).map_err(io("create", parent))?;
    }
    let temporary = temporary_beside(out);
    fs::create_dir(&temporary).map_err(io("create", &temporary))?;
    let written = write(backbone, &config, adapter, &mut merged, &temporary).and_then(|found| {
        fs::rename(&temporary, out).map_err(io("rename a temporary directory to", out)).map(|()| found)
    });
    if written.is_err() {
        // Best effort: the error that led here is the one worth reporting.
        let _ = fs::remove_dir_all(&temporary);
    }
    sync_directory_of(out);
    let (fingerprint, has_head) = written?;
    Ok(MergedBackbone { fingerprint, head: has_head.then(|| out.join(HEAD)) })
}

/// Fills the directory `to`; gives the fingerprint of the new weights, and whether there is a head.
fn write(
    backbone: &Path,
    config: &BackboneConfig,
    adapter: &AdapterFile,
    merged: &mut Merged<'_>,
    to: &Path,
) -> Result<(Fingerprint, bool)> {
    for name in COPIED {
        let path = backbone.join(name);
        if path.is_file() {
            fs::copy(&path, to.join(name)).map_err(io("copy", &path))?;
        }
    }
    say_f32(&to.join("config.json"))?;
    write_weights(&to.join("model.safetensors"), merged)?;
    let fingerprint = Fingerprint::of(merged)?;
    if adapter.head.is_some() {
        let mut head = adapter.without_modules(config)?;
        head.metadata.backbone_fingerprint = Some(fingerprint);
        head.save(to.join(HEAD))?;
    }
    Ok((fingerprint, adapter.head.is_some()))
}

/// Makes a configuration say that the weights are F32: transformers rounds them to what it says.
fn say_f32(path: &Path) -> Result<()> {
    let bytes = fs::read(path).map_err(io("read", path))?;
    let mut config = json::parse_object(&path.display().to_string(), &bytes)?;
    for key in ["dtype", "torch_dtype"] {
        if let Some(said) = config.get_mut(key) {
            *said = "float32".into();
        }
    }
    fs::write(path, json::to_sorted_text(&config)).map_err(io("write", path))
}

fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let file = path.display().to_string();
    move |source| FileError::Io { action, file, source }.into()
}
