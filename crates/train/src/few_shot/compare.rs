//! Whether training the adapter was worth it.

use serde_json::{Value, json};

use crate::probe::outcomes;
use crate::tasks::cross_entropy_of;

/// What cross-validation found: how examples were answered that had not been learned from.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The fitted head on the bare backbone.
    pub head: Score,
    /// The same with the adapter, both trained from there.
    pub adapter: Score,
    /// Which of them is kept.
    pub kept: Kept,
}

/// How answers compare with the truth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// How many are right.
    pub right: usize,
    /// Of how many.
    pub of: usize,
    /// Mean cross-entropy.
    pub loss: f64,
}

/// What a run gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// The head alone.
    Head,
    /// The adapter with its head.
    Adapter,
}

impl Kept {
    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Adapter => "adapter",
        }
    }
}

impl Score {
    /// Of logits, row-major [n, C], and labels.
    pub(super) fn new(logits: &[f32], classes: usize, labels: &[usize]) -> Self {
        let right = outcomes(logits, classes, labels, 1.0).iter().filter(|outcome| outcome.right).count();
        let losses = logits.chunks(classes).zip(labels).map(|(row, label)| cross_entropy_of(row, *label as u32));
        Self { right, of: labels.len(), loss: losses.sum::<f64>() / labels.len().max(1) as f64 }
    }
}

impl Comparison {
    /// As an adapter's files record it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let score = |score: &Score| json!({"right": score.right, "of": score.of, "loss": score.loss});
        json!({"head": score(&self.head), "adapter": score(&self.adapter), "kept": self.kept.name()})
    }

    /// Of the logits of both for the examples that were held out.
    pub(super) fn new([head, adapter]: [&[f32]; 2], classes: usize, labels: &[usize]) -> Self {
        let (head, adapter) = (Score::new(head, classes, labels), Score::new(adapter, classes, labels));
        let kept = if adapter.right >= head.right && adapter.of > 0 { Kept::Adapter } else { Kept::Head };
        Self { head, adapter, kept }
    }
}
