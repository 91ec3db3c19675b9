//! A label for each text.

use graftwork::{Adapter, Classification, Input, Text, Warning, block_on, text_classification};
use serde::Serialize;
use serde_json::Value;

use super::Lines;
use super::scores::{Asked, Certainty};
use crate::args::{Predict, TextArgs};
use crate::failure::Result;
use crate::output::Output;

/// Writes the labels of texts.
pub fn lines(adapter: &Adapter, args: &Predict, inputs: Vec<Input>, lines: &mut Lines) -> Result<()> {
    let texts = lines.texts(inputs, &text_classification::INFO)?;
    let TextArgs { max_length, long_texts, .. } = args.texts;
    let call = adapter.classify(&texts).max_length(max_length).long_texts(long_texts);
    for (text, found) in texts.iter().zip(&block_on(call.threshold(args.threshold))?) {
        lines.tally.add(&found.warnings);
        line(&mut lines.out, text, found, Certainty::new(found, adapter, args))?;
    }
    Ok(())
}

fn line(out: &mut Output, text: &Text, found: &Classification, certainty: Certainty<'_>) -> Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        #[serde(flatten)]
        asked: Asked<'a>,
        label: &'a str,
        #[serde(flatten)]
        certainty: Certainty<'a>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Value>,
    }
    let (asked, label) = (Asked::new(text), &found.label);
    let warnings = found.warnings.iter().map(Warning::to_json).collect();
    out.json(&Line { asked, label, certainty, warnings }).map(drop)
}
