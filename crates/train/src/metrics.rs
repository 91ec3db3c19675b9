//! What predictions are worth: the names and numbers of scikit-learn, scipy and seqeval.

mod answers;
mod classes;
mod confusion;
mod entities;
mod label_sets;
mod masked;
mod scores;

pub use answers::{Said, best_threshold, exact_match, f1, of_answers};
pub use classes::of_classes;
pub use confusion::Confusion;
pub use entities::{Entity, Scheme, of_entities};
pub use label_sets::of_label_sets;
pub use masked::of_masked;
pub use scores::of_scores;

/// Everything that a task measures.
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    /// By name; the first chooses the best checkpoint: the higher, the better.
    pub values: Vec<(&'static str, f64)>,
    /// Of every label, or of every type of entity.
    pub classes: Vec<ClassMetrics>,
    /// What [`ClassMetrics::support`] counts: `examples`, `words`, `entities` or `questions`.
    pub counted: &'static str,
    /// Which labels were taken for which.
    pub confusion: Option<Confusion>,
}

/// Precision, recall and F1 of one class; 0 where a quotient is undefined.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassMetrics {
    /// The label, or the type of entity.
    pub label: String,
    /// True positives over predictions of the class.
    pub precision: f64,
    /// True positives over occurrences of the class.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    /// How often the class occurs in the truth.
    pub support: usize,
}

impl ClassMetrics {
    /// From how often a class was found rightly, was predicted, and occurs.
    pub(crate) fn new(label: String, hits: usize, predicted: usize, support: usize) -> Self {
        Self {
            label,
            precision: ratio(hits, predicted),
            recall: ratio(hits, support),
            f1: ratio(2 * hits, support + predicted),
            support,
        }
    }
}

impl Metrics {
    /// The value that chooses the best checkpoint.
    pub fn score(&self) -> f64 {
        self.values.first().map_or(0.0, |(_, value)| *value)
    }

    /// A value by name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

/// 0 where it is undefined.
fn ratio(a: usize, b: usize) -> f64 {
    if b == 0 { 0.0 } else { a as f64 / b as f64 }
}
