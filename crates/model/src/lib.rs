//! graftwork's models on a device: the frozen backbone, adapters on it, heads on top; and what an adapter's files mean.
//! Bytes are `graftwork-formats`' affair.
//!
//! | to | see |
//! |---|---|
//! | load a backbone and run it | [`Backbone`] |
//! | configure an adapter | [`AdapterConfig`] |
//! | load and save adapters | [`AdapterFile`], [`adapterhub`], [`single_file`], [`load`] |
//! | run or train one on a backbone | [`Adapter`], [`Head`] |

mod adapter;
mod adapter_config;
mod adapter_config_json;
mod adapter_file;
mod adapter_tensors;
mod adapterhub_names;
mod arena;
mod backbone;
mod error;
mod head;
mod head_config;
mod head_config_json;
mod init;
mod layers;
#[cfg(test)]
mod test_support;

pub use adapter::Adapter;
pub use adapter_config::{
    AdapterConfig, DEFAULT_PRESET, InitWeights, PRESETS, ReductionFactor, ResidualBeforeLn, Scaling,
};
pub use adapter_file::AdapterFile;
pub use adapter_file::files::{adapterhub, load, load_bytes, single_file};
pub use adapter_file::metadata::Metadata;
pub use adapter_tensors::{ADAPTER_LAYER_NORM_EPS, AdapterTensor, Part, Site};
pub use arena::Arena;
pub use backbone::{Backbone, Batch};
pub use error::{Error, Result};
pub use head::Head;
pub use head_config::{HeadConfig, HeadKind, HeadStyle};
