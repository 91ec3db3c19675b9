//! One module a command.

pub mod devices;
pub mod embed;
pub mod eval;
pub mod inspect;
pub mod predict;
pub mod train;

use std::path::Path;

use graftwork_model::AdapterFile;

use crate::args::Common;
use crate::engine::{self, Engine};
use crate::failure::{Failure, Kind, Result};
use crate::progress::Progress;

/// Opens the device and loads a backbone, with a bar.
fn load(backbone: &Path, common: &Common) -> Result<Engine> {
    let device = engine::open_device(common.device)?;
    let mut progress = Progress::fraction("loading the backbone", common.quiet);
    Engine::load(backbone, &device, &mut |done| progress.set_fraction(done))
}

/// The labels of an adapter's head.
///
/// # Errors
/// If it has no head.
fn labels_of(file: &AdapterFile) -> Result<Vec<String>> {
    let head = file.head.as_ref().ok_or_else(|| {
        Failure::new(Kind::Input, format!("the adapter {} has no head", file.name))
            .hint("train one with `graftwork train --init ADAPTER`")
    })?;
    Ok((0..head.num_labels).map(|id| head.label(id)).collect())
}
