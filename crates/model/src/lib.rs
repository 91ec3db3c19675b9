//! graftwork's models on the file side: what a backbone and an adapter *are* (configuration, tensors, identity) and how
//! they come from and go to files. Everything here is host code over `f32`; nothing touches a GPU.
//!
//! | to | see |
//! |---|---|
//! | read a backbone's `config.json` | [`BackboneConfig`] |
//! | read its weights one tensor at a time | [`Checkpoint`], [`WeightSource`] |
//! | name it | [`Fingerprint`] |
//! | configure an adapter | [`AdapterConfig`] |
//! | load and save adapters | [`AdapterFile`], [`adapterhub`], [`single_file`], [`load`] |
//!
//! Files are taken to be hostile: lengths are checked before memory is taken for them, headers are capped, and every
//! error names the file, the tensor and what was expected.

mod activation_name;
mod adapter;
mod adapter_config;
mod adapter_config_json;
mod adapter_file;
mod adapter_tensors;
pub mod adapterhub;
mod adapterhub_names;
mod adapterhub_parts;
mod architecture;
mod arena;
mod backbone;
mod checkpoint;
mod config;
mod error;
mod files;
mod fingerprint;
mod head;
mod head_config;
mod head_config_json;
mod host_tensor;
mod init;
mod layers;
mod metadata;
mod shard_index;
pub mod single_file;
#[cfg(test)]
mod test_support;

pub use activation_name::ActivationName;
pub use adapter::Adapter;
pub use adapter_config::{
    AdapterConfig, DEFAULT_PRESET, InitWeights, PRESETS, ReductionFactor, ResidualBeforeLn, Scaling,
};
pub use adapter_file::{AdapterFile, load, load_bytes};
pub use adapter_tensors::{ADAPTER_LAYER_NORM_EPS, AdapterTensor, Part, Site};
pub use architecture::{Architecture, TensorSpec};
pub use arena::Arena;
pub use backbone::{Backbone, Batch};
pub use checkpoint::{Checkpoint, WeightSource, read_whole};
pub use config::BackboneConfig;
pub use error::{Error, Result};
pub use files::atomic_file::{remove_temporaries, write_atomically};
pub use files::safetensors_file::SafetensorsFile;
pub use files::safetensors_write::serialize as write_safetensors;
pub use fingerprint::{Fingerprint, FingerprintBuilder, TensorHasher};
pub use head::Head;
pub use head_config::{HeadConfig, HeadKind, HeadStyle};
pub use host_tensor::HostTensor;
pub use metadata::Metadata;
