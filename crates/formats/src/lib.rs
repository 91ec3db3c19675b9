//! graftwork's files: bytes to descriptions and host tensors, and back. Nothing here knows a device or computes anything.
//!
//! | to | see |
//! |---|---|
//! | read a backbone's `config.json` | [`BackboneConfig`] |
//! | know which tensors an architecture has | [`architectures`] |
//! | read its weights one tensor at a time | [`Checkpoint`], [`WeightSource`] |
//! | name it | [`Fingerprint`], [`Identifier`] |
//! | read and write adapters as AdapterHub stores them | [`adapterhub`] |
//! | read and write files whole or not at all | [`atomic_file`] |
//!
//! Files are taken to be hostile: lengths are checked before memory is taken for them, headers are capped, and every
//! error names the file, the tensor and what was expected.

mod activation_name;
pub mod adapterhub;
pub mod architectures;
pub mod atomic_file;
mod error;
mod fingerprint;
mod host_tensor;
mod huggingface;
pub mod json;
mod json_survey;
mod known_identity;
mod mistaken;
mod safetensors;
mod torch;

pub use crate::safetensors::file::SafetensorsFile;
pub use crate::safetensors::number_format::{NumberFormat, Piece};
pub use crate::safetensors::write::serialize as write_safetensors;
pub use activation_name::ActivationName;
pub use architectures::{Blueprint, TensorSpec};
pub use error::{Error, Result};
pub use fingerprint::{Fingerprint, FingerprintBuilder, TensorHasher};
pub use host_tensor::HostTensor;
pub use huggingface::checkpoint::{Checkpoint, RoundedFrom, WeightSource, read_whole};
pub use huggingface::config::BackboneConfig;
pub use huggingface::write::{RoundRow, write_rounded, write_weights};
pub use known_identity::{Identifier, KnownIdentity, PassingTensor};
