//! An adapter folded into a copy of its backbone, on disk.

use std::fs;
use std::path::{Path, PathBuf};

use graftwork_formats::{BackboneConfig, Checkpoint, Fingerprint, json, write_weights};
use graftwork_model::{AdapterFile, Merged};

use crate::Result;
use crate::backbone_copy::{check_new, io, write_copy};

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
    check_new(out)?;
    let config = BackboneConfig::from_dir(backbone)?;
    let mut weights = Checkpoint::open(backbone, &config)?;
    adapter.check_backbone(&config, Some(&Fingerprint::of(&mut weights)?))?;
    let mut merged = Merged::new(&mut weights, &config, adapter)?;
    let fill = |to: &Path| write(&config, adapter, &mut merged, to);
    let (fingerprint, has_head) = write_copy(backbone, out, fill)?;
    Ok(MergedBackbone { fingerprint, head: has_head.then(|| out.join(HEAD)) })
}

/// Fills the directory `to`; gives the fingerprint of the new weights, and whether there is a head.
fn write(
    config: &BackboneConfig,
    adapter: &AdapterFile,
    merged: &mut Merged<'_>,
    to: &Path,
) -> Result<(Fingerprint, bool)> {
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
