//! What stands beside an answer that should be taken with care.

use std::fmt;

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
    /// The backbone's vocabulary hardly knows the text's language or script.
    Uncovered {
        /// The part of its letters that the vocabulary lacks, from 0 to 1.
        share: f64,
    },
}

impl Warning {
    /// Its name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Truncated { .. } => "truncated",
            Self::Uncovered { .. } => "uncovered",
        }
    }

    /// As results have it: `{"type": "truncated", "tokens": 312, "read": 64}`.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Truncated { tokens, read } => json!({"type": self.name(), "tokens": tokens, "read": read}),
            Self::Uncovered { share } => json!({"type": self.name(), "share": share}),
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
                "the backbone's vocabulary hardly knows this language or script ({:.0} % of the letters)",
                100.0 * share
            ),
        }
    }
}
