//! A backbone in 8-bit integers, on disk.

use std::path::Path;

use graftwork_formats::{BackboneConfig, Checkpoint, Fingerprint, RoundedFrom, WeightSource, write_rounded};
use graftwork_tensor::quantize_row;

use crate::Result;
use crate::backbone_copy::{check_new, write_copy};

/// Writes a copy of the backbone in the directory `backbone` whose matrices are 8-bit integers with a scale for each row
/// ([`WeightType::Q8`](crate::WeightType::Q8)): a quarter of an F32 file. It computes what the backbone computes when it is loaded with that type,
/// and goes by its fingerprint, which is returned, so that it takes the same adapters. Weights are in `model.safetensors`: each matrix as I8, and
/// beside it `<name>.scale`, F32; no other program is known to read that. `out` appears whole or not at all.
///
/// # Errors
/// If `out` is there already, a value is not finite, or a file cannot be read or written.
pub fn quantize(backbone: &Path, out: &Path) -> Result<Fingerprint> {
    check_new(out)?;
    let config = BackboneConfig::from_dir(backbone)?;
    let mut weights = Checkpoint::open(backbone, &config)?;
    let of = match weights.rounded_from() {
        Some(of) => of,
        None => {
            let name = format!("{}.weight", config.architecture.names.words);
            RoundedFrom {
                fingerprint: Fingerprint::of(&mut weights)?,
                words: Fingerprint::of_tensor(&name, &weights.read(&name)?),
            }
        }
    };
    let fill =
        |to: &Path| Ok(write_rounded(&to.join("model.safetensors"), &mut weights, of, |row| quantize_row(row).ok())?);
    write_copy(backbone, out, fill)?;
    Ok(of.fingerprint)
}
