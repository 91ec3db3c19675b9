//! graftwork's models on a device: the frozen backbone, adapters on it, heads on top; and what an adapter's files mean.
//! Bytes are `graftwork-formats`' affair.
//!
//! | to | see |
//! |---|---|
//! | load a backbone and run it | [`Backbone`] |
//! | configure an adapter | [`AdapterConfig`], [`methods`] |
//! | load and save adapters | [`AdapterFile`], [`adapterhub`], [`single_file`] |
//! | run or train one on a backbone | [`Adapter`], [`Head`] |

mod adapter;
mod adapter_file;
mod arena;
mod backbone;
mod batch;
mod embeddings;
mod error;
mod features;
mod graft;
mod head;
mod head_config;
mod head_config_json;
mod head_kind;
mod init;
mod language_head;
mod layer;
mod layers;
mod loader;
mod merge;
pub mod methods;
pub mod options;
#[cfg(test)]
mod test_support;

pub use adapter::Adapter;
pub use adapter_file::AdapterFile;
pub use adapter_file::files::{adapterhub, single_file};
pub use adapter_file::heads::{FurtherHead, is_of_head};
pub use adapter_file::knowledge::{Familiar, Knowledge, TradeOff};
pub use adapter_file::metadata::Metadata;
pub use arena::{Arena, Learning};
pub use backbone::Backbone;
pub use batch::{Batch, Hidden};
pub use error::{Error, Result};
pub use features::{Features, beside};
pub use graft::{Matrix, SubLayer};
pub use head::Head;
pub use head_config::{HeadConfig, HeadPooling, HeadStyle, MOST_LAYERS, Tied};
pub use head_kind::{HEAD_KINDS, HeadKind, HeadKindInfo, HeadRows};
pub use language_head::LanguageHead;
pub use merge::Merged;
pub use methods::{AdapterConfig, Bottleneck, Lora, METHODS, MethodInfo, MethodOption, Preset, Sizes};
