//! Training: tokenised examples, the step on the device, schedules, checkpoints, evaluation, metrics.

pub mod checkpoint;
mod config;
mod error;
pub mod evaluate;
mod events;
mod examples;
pub mod metrics;
mod optimizer;
mod pause;
mod plan;
pub mod predict;
mod schedule;
mod trainer;

pub use config::TrainConfig;
pub use error::{Error, Result};
pub use events::{Ending, Event, Progress, Turn};
pub use examples::Examples;
pub use optimizer::{Optimizer, StepReport, StepSettings};
pub use schedule::Schedule;
pub use trainer::Trainer;
