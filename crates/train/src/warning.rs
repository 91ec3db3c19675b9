//! What stands beside an answer that should be taken with care.

use std::fmt;

use graftwork_text::Encoding;
use serde_json::{Value, json};

/// A reason to take an answer with care.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// The text has more tokens than were read of it.
    Truncated {
        /// Tokens of the whole text, special tokens included: the maximal length that it would need.
        tokens: usize,
        /// Those of them that were read.
        read: usize,
    },
    /// The backbone's vocabulary hardly knows the text's words: another language or script, or badly misspelled; see [`Coverage`](graftwork_text::Coverage).
    Uncovered {
        /// The part of its letters that is in words which the vocabulary spells in crumbs, from 0 to 1.
        share: f64,
    },
    /// The most probable label is less probable than the threshold.
    Unsure {
        /// Its probability.
        confidence: f64,
        /// What was asked for.
        threshold: f64,
    },
    /// The text is unlike all that was learned; see [`Familiar`](graftwork_model::Familiar).
    Unfamiliar {
        /// How far it is from that.
        distance: f64,
        /// What is usual.
        limit: f64,
    },
}

impl Warning {
    /// What is to be said of a text by its sequences.
    pub fn of(sequences: &[Encoding]) -> Vec<Self> {
        let Some(text) = sequences.first().map(|sequence| sequence.of) else { return Vec::new() };
        let truncated = Self::Truncated { tokens: text.tokens, read: text.read };
        let uncovered = Self::Uncovered { share: text.coverage.crumbs() };
        let found = [(text.is_truncated(), truncated), (!text.coverage.is_good(), uncovered)];
        found.into_iter().filter_map(|(is_so, warning)| is_so.then_some(warning)).collect()
    }

    /// Its name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Truncated { .. } => "truncated",
            Self::Uncovered { .. } => "uncovered",
            Self::Unsure { .. } => "unsure",
            Self::Unfamiliar { .. } => "unfamiliar",
        }
    }

    /// As results have it: `{"type": "truncated", "tokens": 312, "read": 64}`.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Truncated { tokens, read } => json!({"type": self.name(), "tokens": tokens, "read": read}),
            Self::Uncovered { share } => json!({"type": self.name(), "share": (1000.0 * share).round() / 1000.0}),
            Self::Unsure { confidence, threshold } => {
                json!({"type": self.name(), "confidence": confidence, "threshold": threshold})
            }
            Self::Unfamiliar { distance, limit } => json!({"type": self.name(), "distance": distance, "limit": limit}),
        }
    }
}

/// A sentence for people, without a full stop.
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { tokens, read } => write!(f, "only {read} of the text's {tokens} tokens were read"),
            Self::Uncovered { share } => write!(
                f,
                "the backbone's vocabulary has {:.0} % of the text in crumbs: another language or script?",
                100.0 * share
            ),
            Self::Unsure { confidence, threshold } => write!(
                f,
                "not sure: the label has a probability of {:.0} %, {:.0} % is asked for",
                100.0 * confidence,
                100.0 * threshold
            ),
            Self::Unfamiliar { distance, limit } => {
                write!(f, "unlike what was learned: its distance is {distance:.2}, usual is up to {limit:.2}")
            }
        }
    }
}
