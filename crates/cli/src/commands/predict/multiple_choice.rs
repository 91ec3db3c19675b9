//! One of some texts for each prompt.

use graftwork::{Adapter, Input, Warning, block_on, multiple_choice};
use serde::Serialize;
use serde_json::Value;

use super::Lines;
use crate::args::{Predict, TextArgs};
use crate::failure::{Failure, Kind, Result};

/// Writes which choices were taken.
pub fn lines(adapter: &Adapter, args: &Predict, inputs: Vec<Input>, lines: &mut Lines) -> Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        choice: &'a str,
        index: usize,
        scores: &'a [f32],
        logits: &'a [f32],
        #[serde(skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Value>,
    }
    let choices = |input| match input {
        Input::Choices(choices) => Ok(choices),
        _ => Err(Failure::new(Kind::Input, format!("{} takes prompts with choices", multiple_choice::INFO.name))),
    };
    let prompts = inputs.into_iter().map(choices).collect::<Result<Vec<_>>>()?;
    let TextArgs { max_length, long_texts, .. } = args.texts;
    let found = block_on(adapter.choose(&prompts).max_length(max_length).long_texts(long_texts))?;
    for (prompt, found) in prompts.iter().zip(&found) {
        lines.tally.add(&found.warnings);
        let (choice, warnings) = (&prompt.choices[found.index], found.warnings.iter().map(Warning::to_json).collect());
        let (scores, logits) = (&found.scores, &found.logits);
        lines.out.json(&Line { choice, index: found.index, scores, logits, warnings })?;
    }
    Ok(())
}
