//! A number for each text, or for two that belong together.

use graftwork::{Adapter, Input, Warning, block_on, regression};
use serde::Serialize;
use serde_json::Value;

use super::Lines;
use super::scores::Asked;
use crate::args::{Predict, TextArgs};
use crate::failure::Result;

/// Writes the numbers of texts, or of pairs of texts.
pub fn lines(adapter: &Adapter, args: &Predict, inputs: Vec<Input>, lines: &mut Lines) -> Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        #[serde(flatten)]
        asked: Asked<'a>,
        score: f32,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Value>,
    }
    let texts = lines.texts(inputs, &regression::INFO)?;
    let TextArgs { max_length, long_texts, .. } = args.texts;
    let call = adapter.score(&texts).max_length(max_length).long_texts(long_texts);
    for (text, found) in texts.iter().zip(block_on(call)?) {
        lines.tally.add(&found.warnings);
        let warnings = found.warnings.iter().map(Warning::to_json).collect();
        lines.out.json(&Line { asked: Asked::new(text), score: found.score, warnings })?;
    }
    Ok(())
}
