//! Adapter inference and on-device tuning of BERT-family backbones, on the GPU or the CPU.
//!
//! One frozen [`Backbone`] carries many small [`Adapter`]s. Text goes in, labels or vectors come out; new adapters are
//! trained by a [`Trainer`].
//!
//! ```no_run
//! # async fn example() -> graftwork::Result<()> {
//! use graftwork::{Backbone, Device, files};
//!
//! let device = Device::auto().await;
//! let dir = graftwork::resolve_backbone("sentence-transformers/all-MiniLM-L6-v2")?;
//! let backbone = Backbone::load(&dir, &device, &mut |_| {}).await?;
//! let spam = backbone.attach(&files::load("adapters/spam".as_ref())?)?;
//! for answer in backbone.classify(&spam, &["WIN a free phone now!"], None, &mut |_| {}).await? {
//!     println!("{} {:?}", answer.label, answer.scores);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Whatever may wait (devices, files to devices, results from devices) is `async`, because a web page cannot block;
//! native programs block on it once, at the outside (`pollster::block_on`).

mod adapter;
mod backbone;
mod error;
mod merge;
mod paths;
mod predict;

pub use adapter::Adapter;
pub use backbone::{Backbone, BackboneFiles};
pub use error::{Error, Result};
pub use graftwork_formats::{ActivationName, BackboneConfig, Error as FileError, Fingerprint};
pub use graftwork_gpu::{AdapterChoice, AdapterDescription, Error as GpuError, MemoryUse, adapters as gpu_adapters};
pub use graftwork_model::{
    AdapterConfig, AdapterFile, Error as ModelError, HeadConfig, HeadKind, HeadStyle, METHODS, Metadata, MethodInfo,
    MethodOption, Preset, methods, options,
};
pub use graftwork_tensor::{Device, Error as DeviceError, WeightType};
pub use graftwork_text::data::{self, Dataset, Example, Format, Input, ReadOptions, Sentence, TaggedDataset};
pub use graftwork_text::{BatchSize, CodePoints, Encoding, Tokenizer, shuffled};
pub use graftwork_train::evaluate::Evaluation;
pub use graftwork_train::metrics::{ClassMetrics, Confusion, Metrics};
pub use graftwork_train::predict::softmax;
pub use graftwork_train::tasks::{
    Answer, Classification, Labelled, TASKS, TaggedEntity, TaggedWord, Tagging, TaskInfo, text_classification,
    token_classification,
};
pub use graftwork_train::{
    Ending, Error as TrainError, Event, Examples, Progress, SETTINGS, Schedule, Setting, StepReport,
    TextClassification, TokenClassification, TrainConfig, Trainer, Turn, checkpoint,
};
pub use merge::{MergedBackbone, merge};
pub use paths::{cache_dir, models_dir, resolve_backbone};
pub use predict::{EmbedOptions, Pooling};

/// Reading and writing adapters.
pub mod files {
    pub use graftwork_formats::atomic_file::{remove_temporaries, write_atomically};
    pub use graftwork_model::{adapterhub, load, load_bytes, single_file};
}

/// This version, as it is written into adapters.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
