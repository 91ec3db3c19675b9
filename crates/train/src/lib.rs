//! Training: tokenised examples, the step on the device, schedules, checkpoints, evaluation, metrics.

pub mod checkpoint;
mod config;
mod error;
pub mod evaluate;
mod examples;
pub mod metrics;
mod optimizer;
mod schedule;
mod trainer;

pub use config::TrainConfig;
pub use error::{Error, Result};
pub use examples::Examples;
pub use optimizer::{Optimizer, StepReport, StepSettings};
pub use schedule::Schedule;
pub use trainer::{Ending, Event, Progress, Trainer};
