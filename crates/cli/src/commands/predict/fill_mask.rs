//! Words for the masks of each text.

use graftwork::{Adapter, CodePoints, FilledText, Input, Warning, block_on};
use serde::Serialize;
use serde_json::Value;

use super::Lines;
use crate::args::Predict;
use crate::failure::Result;
use crate::input;
use crate::output::Output;

/// Writes what may stand for the masks of texts.
pub fn lines(adapter: &Adapter, args: &Predict, inputs: Vec<Input>, lines: &mut Lines) -> Result<()> {
    let texts = input::whole_texts(inputs, "fill-mask")?;
    let call = adapter.fill_mask(&texts).max_length(args.texts.max_length).long_texts(args.texts.long_texts);
    for (text, found) in texts.iter().zip(&block_on(call.top_k(args.top_k))?) {
        lines.tally.add(&found.warnings);
        line(&mut lines.out, text, found)?;
    }
    Ok(())
}

/// Each word as an object of Hugging Face's `fill-mask` pipeline; offsets count Unicode code points.
fn line(out: &mut Output, text: &str, found: &FilledText) -> Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        text: &'a str,
        masks: Vec<Mask<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Value>,
    }
    #[derive(Serialize)]
    struct Mask<'a> {
        start: usize,
        end: usize,
        fills: Vec<Fill<'a>>,
    }
    #[derive(Serialize)]
    struct Fill<'a> {
        score: f32,
        token: u32,
        token_str: &'a str,
        sequence: &'a str,
    }
    let mut points = CodePoints::new(text);
    let mut masks = Vec::with_capacity(found.masks.len());
    for mask in &found.masks {
        let (start, end) = (points.before(mask.span.start), points.before(mask.span.end));
        let fills = mask.fills.iter().map(|fill| Fill {
            score: fill.score,
            token: fill.token,
            token_str: &fill.token_str,
            sequence: &fill.sequence,
        });
        masks.push(Mask { start, end, fills: fills.collect() });
    }
    let warnings = found.warnings.iter().map(Warning::to_json).collect();
    out.json(&Line { text, masks, warnings }).map(drop)
}
