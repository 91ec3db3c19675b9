//! What the answers of several tasks have in common.

use std::cmp::Reverse;

use graftwork::{Adapter, Classification, Text};
use serde::{Serialize, Serializer};

use crate::args::Predict;

/// A text, or two that belong together, as answers repeat it.
#[derive(Serialize)]
pub(super) struct Asked<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text_pair: Option<&'a str>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(text: &'a Text) -> Self {
        Self { text: &text.first, text_pair: text.second.as_deref() }
    }
}

/// What is said beside a label. Written straight from `f32`, whose shortest digits are half as long as those of an `f64`.
#[derive(Serialize)]
pub(super) struct Certainty<'a> {
    scores: Scores<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logits: Option<&'a [f32]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sure: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distance: Option<f64>,
}

impl<'a> Certainty<'a> {
    pub(super) fn new(found: &'a Classification, adapter: &Adapter, args: &Predict) -> Self {
        let has_threshold = args.threshold.is_some() || adapter.threshold().is_some();
        Self {
            scores: Scores::new(&found.scores, args.top_k),
            logits: args.top_k.is_none().then_some(&found.logits[..]),
            sure: has_threshold.then(|| found.is_sure()),
            distance: found.distance,
        }
    }
}

/// Probabilities by label: of all in the order of the labels, of some the most probable first.
pub(super) struct Scores<'a>(Vec<&'a (String, f32)>);

impl<'a> Scores<'a> {
    pub(super) fn new(scores: &'a [(String, f32)], top_k: Option<usize>) -> Self {
        let mut chosen: Vec<_> = scores.iter().collect();
        if let Some(most) = top_k {
            // Positive numbers are ordered as their bits are.
            chosen.sort_by_key(|(_, score)| Reverse(score.to_bits()));
            chosen.truncate(most);
        }
        Self(chosen)
    }
}

impl Serialize for Scores<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(label, score)| (label, score)))
    }
}
