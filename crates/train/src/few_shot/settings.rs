//! What the recipe takes where nobody chooses.

use graftwork_model::AdapterConfig;
use serde_json::Value;

use crate::{Result, TrainConfig};

/// The settings of the recipe's trainings, for texts of so many tokens on average: 80 steps of 16 texts at a peak rate of
/// 1e-3, with BERT's dropout. Long texts get smaller batches, then fewer steps, so that a training is about 48,000 tokens.
#[must_use]
pub fn settings(mean_tokens: usize) -> TrainConfig {
    let length = mean_tokens.max(1);
    let batch_size = (TOKENS / (MOST_STEPS * length)).clamp(4, 16);
    let steps = (TOKENS / (batch_size * length)).clamp(FEWEST_STEPS, MOST_STEPS);
    // An epoch has at least one step.
    TrainConfig {
        epochs: steps,
        max_steps: Some(steps),
        lr: 1e-3,
        batch_size,
        dropout: 0.1,
        keep_best: false,
        ..TrainConfig::default()
    }
}

const TOKENS: usize = 48_000;
const MOST_STEPS: usize = 80;
const FEWEST_STEPS: usize = 30;

/// Whether that is so few that the recipe is better than an ordinary training: up to a thousand examples, or fifty a label.
#[must_use]
pub fn are_few(examples: usize, labels: usize) -> bool {
    examples <= 1_000 || examples <= 50 * labels
}

/// A method as the recipe takes it: in the upper two thirds of `layers`, unless it leaves out others, and beginning by changing
/// nothing.
///
/// # Errors
/// Never, for a method of the table.
pub fn method(method: AdapterConfig, layers: usize) -> Result<AdapterConfig> {
    let config = method.to_json();
    let is_empty = |value: &Value| value.as_array().is_none_or(Vec::is_empty);
    let method = match config.get("leave_out") {
        Some(chosen) if !is_empty(chosen) => method,
        _ => method.with("leave_out", (0..layers / 3).collect::<Vec<_>>())?,
    };
    // LoRA begins so by itself.
    let zero = config.get("non_linearity").map(|_| method.clone().with("init_weights", "mam_adapter"));
    Ok(zero.transpose()?.unwrap_or(method))
}
