//! Adapter inference and on-device tuning of BERT-family backbones, on the GPU or the CPU.
//!
//! One frozen [`Backbone`] carries many small [`Adapter`]s. Text goes in, labels or vectors come out; new adapters are
//! trained by a [`Trainer`].
//!
//! | to | see |
//! |---|---|
//! | choose where to compute | [`Device`] |
//! | load a backbone | [`Backbone::load`] |
//! | read and write adapters, and attach them | [`AdapterFile::load`], [`AdapterFile::save`], [`Backbone::attach`] |
//! | classify, tag, embed | [`Adapter::classify`], [`Adapter::tag`], [`Backbone::embed`] |
//! | say what a sentence wants, and with which words | [`Adapter::intent_and_slots`] |
//! | give several labels, or a number | [`Adapter::classify_multi_label`], [`Adapter::score`] |
//! | compare two texts | [`Backbone::similarity`], or an adapter that was trained on [pairs](AsText) |
//! | answer questions, choose | [`Adapter::answer`], [`Adapter::choose`] |
//! | read labelled data, or bring it along | [`Dataset`], [`MultiLabelDataset`], [`ScoredDataset`], [`TaggedDataset`], [`IntentDataset`], [`QuestionDataset`], [`ChoiceDataset`] |
//! | train | [`Backbone::examples`], [`Backbone::new_adapter`], [`Backbone::trainer`] |
//! | train on several data sets at once, each with a head of its own | [`NewAdapter::and`], [`Backbone::course`], [`Adapter::with_head`] |
//! | learn from another classifier's answers | [`Examples::taught_by`] |
//! | learn while examples come in | [`Backbone::probe`] |
//! | measure | [`Adapter::evaluate`] |
//! | know how sure an answer is | [`Adapter::calibrate`], [`Knowledge`], [`Warning`] |
//! | fold an adapter into its backbone | [`Backbone::attach_merged`], [`merge()`] |
//! | know how far a call is, or end it | [`Call`] |
//!
//! # Use an adapter
//! ```no_run
//! use graftwork::{AdapterFile, Backbone, Device};
//!
//! # async fn example() -> graftwork::Result<()> {
//! let device = Device::auto().await;
//! let backbone = Backbone::load("sentence-transformers/all-MiniLM-L6-v2", &device).await?;
//! let spam = backbone.attach(&AdapterFile::load("adapters/spam")?)?;
//! for answer in spam.classify(&["WIN a free phone now!"]).await? {
//!     println!("{} {:?}", answer.label, answer.scores);
//! }
//! let vectors = backbone.embed(&["a text", "another"]).normalize(true).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Train one
//! ```no_run
//! use graftwork::{Backbone, Dataset, Event, TrainConfig};
//!
//! # async fn example(backbone: Backbone) -> graftwork::Result<()> {
//! let messages = Dataset::new([("WIN a free phone now!", "spam"), ("see you at noon", "ham") /* , ... */])?;
//! let train = backbone.examples("training", &messages, 128)?;
//! let file = backbone.new_adapter(&train)?;
//! let mut trainer = backbone.trainer(&file, TrainConfig { epochs: 5, ..TrainConfig::default() }, &train, None)?;
//! trainer
//!     .run()
//!     .on_event(|event| {
//!         if let Event::Steps(steps, progress) = event {
//!             println!("step {} of {}: loss {}", progress.step, progress.total_steps, steps[steps.len() - 1].loss);
//!         }
//!     })
//!     .await?;
//! let answers = trainer.adapter().classify(&["you won!"]).await?;
//! trainer.to_file().await?.save("adapters/mine")?;
//! # Ok(())
//! # }
//! ```
//!
//! # Waiting
//! Whatever may wait (devices, files to devices, results from devices) is `async`, because a web page cannot block. A native
//! program blocks on it once, at the outside, with [`block_on`] or an executor of its own. Backbones and adapters are
//! [`Send`] and [`Sync`], clones share them, and many threads may use them at once; `examples/server.rs` serves several
//! adapters on one backbone with axum.

mod adapter;
mod answer;
mod backbone;
mod backbone_copy;
mod call;
mod course;
mod embed;
mod error;
mod examples;
mod fill_mask;
mod intent_slots;
mod limit;
mod merge;
mod new_adapter;
mod paths;
mod predict;
mod probe;
mod quantize;
mod reader;
mod recipe;
mod summary;
mod train;

// Where to compute.
pub use graftwork_gpu::{AdapterChoice, AdapterDescription, Gpu, MemoryUse, adapters as gpu_adapters};
pub use graftwork_tensor::ops::gemm::{GemmChoice, GemmKernel};
#[cfg(not(target_arch = "wasm32"))]
pub use graftwork_tensor::use_threads;
pub use graftwork_tensor::{Device, WeightType};

// Calls.
pub use call::{Call, Cancel};
pub use graftwork_tensor::{BoxFuture, MaybeSend};
#[cfg(not(target_arch = "wasm32"))]
pub use pollster::block_on;

// Backbones.
pub use backbone::{Backbone, BackboneFiles, LoadOptions};
pub use graftwork_formats::{ActivationName, BackboneConfig, Blueprint, Fingerprint, KnownIdentity};
pub use graftwork_text::{CodePoints, Coverage, Encoding, Extent, LongTexts, Tokenizer};
pub use limit::{Survey, TextLimit};
pub use paths::{cache_dir, models_dir, resolve_backbone};
pub use quantize::quantize;
pub use summary::BackboneSummary;

// Adapters.
pub use adapter::Adapter;
pub use graftwork_formats::HostTensor;
pub use graftwork_model::{
    AdapterConfig, AdapterFile, Familiar, FurtherHead, HeadConfig, HeadKind, HeadPooling, HeadRows, HeadStyle,
    Knowledge, METHODS, Metadata, MethodInfo, MethodOption, Preset, TradeOff, methods, options,
};
pub use merge::{MergedBackbone, merge};
pub use new_adapter::NewAdapter;

// Answers.
pub use answer::AnswerOptions;
pub use embed::{EmbedOptions, Pooling};
pub use fill_mask::{Fill, FilledMask, FilledText};
pub use graftwork_train::Warning;
pub use graftwork_train::metrics::Said;
pub use graftwork_train::tasks::{
    Answer, AnswerSpan, Answering, Choice, Classification, LabelSet, Scored, TaggedEntity, TaggedWord, Tagging,
    Thresholds,
};
pub use intent_slots::IntentSlots;
pub use predict::TextOptions;
pub use probe::Probe;
pub use reader::{Reader, TextVector};

// Labelled data.
pub use examples::Examples;
pub use graftwork_text::data::{
    self, AsText, ChoiceDataset, Choices, Corpus, Dataset, Example, Format, Input, InputKind, IntentDataset,
    LabelledText, MultiLabelDataset, Prediction, Predictions, Question, QuestionDataset, ReadOptions, ScoredDataset,
    ScoredText, Sentence, TaggedDataset, Text,
};
pub use graftwork_text::{order, shuffled};
pub use graftwork_train::tasks::{
    Labelled, MarkedText, MarkedTexts, TASKS, TaskInfo, intent_slot_classification, masked_lm,
    multi_label_classification, multiple_choice, question_answering, regression, text_classification,
    token_classification,
};

// Training and measuring.
pub use course::CoursePart;
pub use graftwork_train::checkpoint::{Best, RunState};
pub use graftwork_train::evaluate::Evaluation;
pub use graftwork_train::few_shot::{Comparison, Kept, Score, Stage};
pub use graftwork_train::metrics::{ClassMetrics, Confusion, Metrics, Scheme};
pub use graftwork_train::{
    Ending, Event, Progress, SETTINGS, Sampling, Schedule, Setting, StepReport, Teacher, TrainConfig, Turn,
};
pub use recipe::Recipe;
pub use train::{RunOptions, Trainer};

// Errors.
pub use error::{Error, Result};
pub use graftwork_formats::Error as FileError;
pub use graftwork_gpu::Error as GpuError;
pub use graftwork_model::Error as ModelError;
pub use graftwork_tensor::Error as DeviceError;
pub use graftwork_text::Error as TextError;
pub use graftwork_train::Error as TrainError;

/// Reading and writing adapters in each form that they have; [`AdapterFile::load`] and [`AdapterFile::save`] choose one.
pub mod files {
    pub use graftwork_formats::atomic_file::{remove_temporaries, write_atomically};
    pub use graftwork_model::{adapterhub, single_file};
}

/// This version, as it is written into adapters.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
