//! All labels that fit, for each text.

use graftwork::{Adapter, Input, LabelSet, Text, Warning, block_on, multi_label_classification};
use serde::Serialize;
use serde_json::Value;

use super::Lines;
use super::scores::{Asked, Scores};
use crate::args::{Predict, TextArgs};
use crate::failure::Result;
use crate::output::Output;

/// Writes the labels of texts, or of pairs of texts.
pub fn lines(adapter: &Adapter, args: &Predict, inputs: Vec<Input>, lines: &mut Lines) -> Result<()> {
    let texts = lines.texts(inputs, &multi_label_classification::INFO)?;
    let TextArgs { max_length, long_texts, .. } = args.texts;
    let call = adapter.classify_multi_label(&texts).max_length(max_length).long_texts(long_texts);
    for (text, found) in texts.iter().zip(&block_on(call.threshold(args.threshold))?) {
        lines.tally.add(&found.warnings);
        line(&mut lines.out, text, found, args.top_k)?;
    }
    Ok(())
}

/// Written straight from `f32`, whose shortest digits are half as long as those of an `f64`.
fn line(out: &mut Output, text: &Text, found: &LabelSet, top_k: Option<usize>) -> Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        #[serde(flatten)]
        asked: Asked<'a>,
        labels: &'a [String],
        scores: Scores<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        logits: Option<&'a [f32]>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Value>,
    }
    let logits = top_k.is_none().then_some(&found.logits[..]);
    let warnings = found.warnings.iter().map(Warning::to_json).collect();
    let scores = Scores::new(&found.scores, top_k);
    out.json(&Line { asked: Asked::new(text), labels: &found.labels, scores, logits, warnings }).map(drop)
}
