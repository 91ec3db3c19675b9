//! Between the program and the library: opening devices, loading backbones and adapters, and what their errors mean
//! for the exit status.
//!
//! The library is asynchronous where something has to be waited for; the program blocks on it, here and in commands.

use std::path::Path;

use graftwork::{AdapterFile, Backbone, Device, GemmChoice, GemmKernel, HeadConfig, TaskInfo, block_on};

use crate::args::{Common, DeviceArg};
use crate::failure::{Failure, Kind, Result};
use crate::progress::Progress;

/// Opens the device that the user wants and loads a backbone onto it, with a bar.
///
/// # Errors
/// If there is no such device or backbone, or the files are not what they should be.
pub fn load(backbone: &str, common: &Common) -> Result<Backbone> {
    let dir = graftwork::resolve_backbone(backbone)?;
    let device = match common.device {
        DeviceArg::Cpu => Device::cpu(),
        DeviceArg::Auto => block_on(Device::auto()),
        DeviceArg::Gpu => block_on(Device::gpu(&graftwork::AdapterChoice::Preferred))?,
    };
    if let Ok(count) = std::env::var("GRAFTWORK_THREADS") {
        graftwork::use_threads(count.parse().map_err(|_| {
            Failure::new(Kind::Usage, format!("GRAFTWORK_THREADS is '{count}'")).hint("it may be 1, 2, 3, ...")
        })?);
    }
    let device = match std::env::var("GRAFTWORK_GEMM") {
        Ok(name) => device.with_gemm(gemm_choice(&name)?),
        Err(_) => device,
    };
    let mut progress = Progress::fraction("loading the backbone", common.quiet);
    Ok(block_on(Backbone::load(dir, &device).weight_type(common.dtype).progress(|done| progress.set_fraction(done)))?)
}

/// What `GRAFTWORK_GEMM` says of the matrix product's kernel.
fn gemm_choice(name: &str) -> Result<GemmChoice> {
    GemmChoice::from_name(name).ok_or_else(|| {
        let kernels = GemmKernel::ALL.map(GemmKernel::name).join(", ");
        Failure::new(Kind::Usage, format!("GRAFTWORK_GEMM is '{name}'"))
            .hint(format!("it may be measured, guessed, {kernels}"))
    })
}

/// Reads an adapter; with `any_backbone` it forgets which backbone it was trained on.
///
/// # Errors
/// If its files are not what they should be.
pub fn read_adapter(path: &Path, any_backbone: bool) -> Result<AdapterFile> {
    let mut file = AdapterFile::load(path)?;
    if any_backbone {
        file.metadata.backbone_fingerprint = None;
    }
    Ok(file)
}

/// The same with one of its heads alone, if one is named.
///
/// # Errors
/// If there is none of that name.
pub fn with_head(file: AdapterFile, head: Option<&str>) -> Result<AdapterFile> {
    match head {
        Some(name) => Ok(file.with_head(name)?),
        None => Ok(file),
    }
}

/// An adapter's first head, and the task that it is for, by itself or together with the others.
///
/// # Errors
/// If it has no head, or one of a kind without a task.
pub fn head_of(file: &AdapterFile) -> Result<(&HeadConfig, &'static TaskInfo)> {
    let head = file.head.as_ref().ok_or_else(|| {
        Failure::new(Kind::Input, format!("the adapter {} has no head", file.name))
            .hint("it can embed texts, but predict nothing")
    })?;
    let task = TaskInfo::of_adapter(file)
        .ok_or_else(|| Failure::new(Kind::Input, format!("no task has {} heads", head.kind.info().head_type)))?;
    Ok((head, task))
}

impl From<graftwork::Error> for Failure {
    fn from(error: graftwork::Error) -> Self {
        use graftwork::{Error, FileError, ModelError, TextError, TrainError};
        let kind = match &error {
            Error::Setting { .. } | Error::Text(TextError::MaxLength { .. } | TextError::LongPair) => Kind::Usage,
            Error::File(FileError::Io { action, .. }) if !matches!(*action, "read" | "open") => Kind::Failure,
            Error::Device(_) | Error::Model(ModelError::BatchTooLarge { .. }) => Kind::Device,
            Error::Train(TrainError::Diverged { .. }) => Kind::Failure,
            _ => Kind::Input,
        };
        let failure = Self::of(kind, &error);
        match error {
            Error::File(FileError::OtherBackbone { .. }) => failure.hint("--any-backbone overrides this check"),
            Error::Model(ModelError::BatchTooLarge { most, .. }) => {
                failure.hint(format!("--batch-tokens {most} makes every batch fit"))
            }
            _ => failure,
        }
    }
}

/// Errors of parts of the library.
macro_rules! from_parts {
    ($($error:ty),*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                graftwork::Error::from(error).into()
            }
        }
    )*};
}
from_parts!(graftwork::DeviceError, graftwork::FileError, graftwork::TextError, graftwork::TrainError);
