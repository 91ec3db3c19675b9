//! Whether training the adapter was worth it.

use serde_json::{Value, json};

use crate::probe::outcomes;
use crate::tasks::cross_entropy_of;

/// What cross-validation found: how examples were answered that had not been learned from.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The fitted head on the bare backbone.
    pub head: Score,
    /// The same with the adapter, both trained from there, at the better of its scales.
    pub adapter: Score,
    /// How much of what the adapter has learned to add is added: 1, or a half, which is between both (WiSE-FT: Wortsman et
    /// al., "Robust fine-tuning of zero-shot models", 2022).
    pub scale: f64,
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
    /// More are right, or as many at a lower loss.
    fn is_better_than(&self, other: &Self) -> bool {
        self.right > other.right || (self.right == other.right && self.loss < other.loss)
    }

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
        let (head, adapter) = (score(&self.head), score(&self.adapter));
        json!({"head": head, "adapter": adapter, "scale": self.scale, "kept": self.kept.name()})
    }

    /// Of the head's logits for the examples that were held out, and of the adapter's at each scale.
    pub(super) fn new(head: &[f32], adapter: &[(f64, Vec<f32>)], classes: usize, labels: &[usize]) -> Self {
        let head = Score::new(head, classes, labels);
        let scored = adapter.iter().map(|(scale, logits)| (*scale, Score::new(logits, classes, labels)));
        let best = scored.reduce(|best, next| if next.1.is_better_than(&best.1) { next } else { best });
        let (scale, adapter) = best.unwrap_or((0.0, head));
        let kept = if adapter.is_better_than(&head) { Kept::Adapter } else { Kept::Head };
        Self { head, adapter, scale, kept }
    }
}
