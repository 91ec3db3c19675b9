//! Training: tokenised examples, the step on the device, schedules, checkpoints, evaluation, metrics.

pub mod checkpoint;
mod config;
mod error;
pub mod evaluate;
mod events;
pub mod few_shot;
pub mod fill_mask;
mod lessons;
mod lower_layers;
pub mod metrics;
mod optimizer;
mod plan;
pub mod predict;
pub mod probe;
mod schedule;
mod setting;
pub mod tasks;
mod trainer;
mod warning;

pub use config::{SETTINGS, TrainConfig};
pub use error::{Error, Result};
pub use events::{Ending, Event, Progress, Turn};
pub use lessons::Lessons;
pub use lower_layers::LowerLayers;
pub use optimizer::{Optimizer, StepReport, StepSettings};
pub use schedule::Schedule;
pub use setting::Setting;
pub use tasks::{Examples, MaskedLm, MultiLabelClassification, Regression, TextClassification, TokenClassification};
pub use trainer::Trainer;
pub use warning::Warning;
