//! Between the program and the library: opening devices, loading backbones and adapters, and what their errors mean
//! for the exit status.
//!
//! The library is asynchronous where something has to be waited for; the program blocks on it, here and in commands.

use std::path::Path;

use graftwork::{AdapterFile, Backbone, Device, HeadConfig, TaskInfo, files};
use pollster::block_on;

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
    let mut progress = Progress::fraction("loading the backbone", common.quiet);
    Ok(block_on(Backbone::load(&dir, &device, &mut |done| progress.set_fraction(done)))?)
}

/// Reads an adapter; with `any_backbone` it forgets which backbone it was trained on.
///
/// # Errors
/// If its files are not what they should be.
pub fn read_adapter(path: &Path, any_backbone: bool) -> Result<AdapterFile> {
    let mut file = files::load(path)?;
    if any_backbone {
        file.metadata.backbone_fingerprint = None;
    }
    Ok(file)
}

/// An adapter's head, and the task that it is for.
///
/// # Errors
/// If it has no head, or one of a kind without a task.
pub fn head_of(file: &AdapterFile) -> Result<(&HeadConfig, &'static TaskInfo)> {
    let head = file.head.as_ref().ok_or_else(|| {
        Failure::new(Kind::Input, format!("the adapter {} has no head", file.name))
            .hint("it can embed texts, but predict nothing")
    })?;
    let task = TaskInfo::of_head(head.kind)
        .ok_or_else(|| Failure::new(Kind::Input, format!("no task has {} heads", head.kind.head_type())))?;
    Ok((head, task))
}

impl From<graftwork::Error> for Failure {
    fn from(error: graftwork::Error) -> Self {
        use graftwork::Error;
        match error {
            Error::Text(error) => error.into(),
            Error::File(error) => error.into(),
            Error::Model(error) => error.into(),
            Error::Train(error) => error.into(),
            Error::Device(error) => error.into(),
            Error::Setting { .. } => Self::of(Kind::Usage, &error),
            Error::NoBackbone { .. } | Error::NoCache => Self::of(Kind::Input, &error),
        }
    }
}

impl From<graftwork_text::Error> for Failure {
    fn from(error: graftwork_text::Error) -> Self {
        let kind = match error {
            graftwork_text::Error::MaxLength { .. } => Kind::Usage,
            _ => Kind::Input,
        };
        Self::of(kind, &error)
    }
}

impl From<graftwork_tensor::Error> for Failure {
    fn from(error: graftwork_tensor::Error) -> Self {
        Self::of(Kind::Device, &error)
    }
}

impl From<graftwork_model::Error> for Failure {
    fn from(error: graftwork_model::Error) -> Self {
        use graftwork_model::Error;
        match error {
            Error::File(error) => error.into(),
            Error::Device(error) => error.into(),
            Error::BatchTooLarge { most, .. } => {
                Self::of(Kind::Device, &error).hint(format!("--batch-tokens {most} makes every batch fit"))
            }
            _ => Self::of(Kind::Input, &error),
        }
    }
}

impl From<graftwork_formats::Error> for Failure {
    fn from(error: graftwork_formats::Error) -> Self {
        use graftwork_formats::Error;
        let kind = match &error {
            Error::Io { action, .. } if !matches!(*action, "read" | "open") => Kind::Failure,
            _ => Kind::Input,
        };
        let failure = Self::of(kind, &error);
        match error {
            Error::OtherBackbone { .. } => failure.hint("--any-backbone overrides this check"),
            _ => failure,
        }
    }
}

impl From<graftwork_train::Error> for Failure {
    fn from(error: graftwork_train::Error) -> Self {
        use graftwork_train::Error;
        match error {
            Error::Model(error) => error.into(),
            Error::File(error) => error.into(),
            Error::Text(error) => error.into(),
            Error::Device(error) => error.into(),
            Error::Setting { .. } => Self::of(Kind::Usage, &error),
            Error::Diverged { .. } => Self::of(Kind::Failure, &error),
            _ => Self::of(Kind::Input, &error),
        }
    }
}
