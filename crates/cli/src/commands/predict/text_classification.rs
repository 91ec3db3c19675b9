//! A label for each text.

use graftwork::{Adapter, Classification, Input, Warning, block_on};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::Lines;
use crate::args::{Predict, TextArgs};
use crate::failure::Result;
use crate::input;
use crate::output::Output;

/// Writes the labels of texts.
pub fn lines(adapter: &Adapter, args: &Predict, inputs: Vec<Input>, lines: &mut Lines) -> Result<()> {
    let texts = input::whole_texts(inputs, "text-classification")?;
    let TextArgs { max_length, long_texts, .. } = args.texts;
    let call = adapter.classify(&texts).max_length(max_length).long_texts(long_texts);
    let has_threshold = args.threshold.is_some() || adapter.threshold().is_some();
    for (text, found) in texts.iter().zip(&block_on(call.threshold(args.threshold))?) {
        lines.tally.add(&found.warnings);
        line(&mut lines.out, text, found, has_threshold)?;
    }
    Ok(())
}

/// Written straight from `f32`, whose shortest digits are half as long as those of an `f64`.
fn line(out: &mut Output, text: &str, found: &Classification, has_threshold: bool) -> Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        text: &'a str,
        label: &'a str,
        scores: Scores<'a>,
        logits: &'a [f32],
        #[serde(skip_serializing_if = "Option::is_none")]
        sure: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        distance: Option<f64>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Value>,
    }
    let (scores, warnings) = (Scores(&found.scores), found.warnings.iter().map(Warning::to_json).collect());
    let (label, logits, distance) = (&found.label, &found.logits, found.distance);
    let sure = has_threshold.then(|| found.is_sure());
    out.json(&Line { text, label, scores, logits, sure, distance, warnings }).map(drop)
}

/// Probabilities by label, in the order of the labels.
struct Scores<'a>(&'a [(String, f32)]);

impl Serialize for Scores<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(label, score)| (label, score)))
    }
}
