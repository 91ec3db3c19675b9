//! A label for each text.

use graftwork::{Adapter, Classification, Input, Text, Warning, block_on, text_classification};
use serde::Serialize;
use serde_json::Value;

use super::Lines;
use super::scores::{Asked, Scores};
use crate::args::{Predict, TextArgs};
use crate::failure::Result;
use crate::output::Output;

/// Writes the labels of texts.
pub fn lines(adapter: &Adapter, args: &Predict, inputs: Vec<Input>, lines: &mut Lines) -> Result<()> {
    let texts = lines.texts(inputs, &text_classification::INFO)?;
    let TextArgs { max_length, long_texts, .. } = args.texts;
    let call = adapter.classify(&texts).max_length(max_length).long_texts(long_texts);
    let has_threshold = args.threshold.is_some() || adapter.threshold().is_some();
    for (text, found) in texts.iter().zip(&block_on(call.threshold(args.threshold))?) {
        lines.tally.add(&found.warnings);
        line(&mut lines.out, text, found, has_threshold, args.top_k)?;
    }
    Ok(())
}

/// Written straight from `f32`, whose shortest digits are half as long as those of an `f64`.
fn line(
    out: &mut Output,
    text: &Text,
    found: &Classification,
    has_threshold: bool,
    top_k: Option<usize>,
) -> Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        #[serde(flatten)]
        asked: Asked<'a>,
        label: &'a str,
        scores: Scores<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        logits: Option<&'a [f32]>,
        #[serde(skip_serializing_if = "Option::is_none")]
        sure: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        distance: Option<f64>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Value>,
    }
    let (asked, scores) = (Asked::new(text), Scores::new(&found.scores, top_k));
    let (label, distance) = (&found.label, found.distance);
    let logits = top_k.is_none().then_some(&found.logits[..]);
    let warnings = found.warnings.iter().map(Warning::to_json).collect();
    let sure = has_threshold.then(|| found.is_sure());
    out.json(&Line { asked, label, scores, logits, sure, distance, warnings }).map(drop)
}
