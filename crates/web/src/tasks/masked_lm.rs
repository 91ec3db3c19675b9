//! Texts with masks in, words for them out; learned from texts alone.

use graftwork::{Adapter, Answer, BoxFuture, Corpus, Error, FilledText, Labelled, masked_lm};
use serde_json::{Value, json};

use super::{Front, field, inputs, warnings_json};
use crate::error::Result;
use crate::options::Options;
use crate::units::Units;

/// Its line in the table. Examples are texts, or `{ text }`.
pub static FRONT: Front = Front {
    info: &masked_lm::INFO,
    data,
    answer,
    score: |_| "masked_accuracy",
    prediction: |answer, _| match answer {
        Answer::Masked { right, of, .. } => json!({"right": right, "of": of}),
        _ => Value::Null,
    },
};

fn data(examples: &[Value], _: &[Vec<String>]) -> Result<Box<dyn Labelled>> {
    let text = |(index, example): (usize, &Value)| match example.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => field(example, index, "text", Value::as_str).map(str::to_owned),
    };
    let texts = examples.iter().enumerate().map(text).collect::<Result<_>>()?;
    Ok(Box::new(Corpus { texts, line_by_line: false }))
}

fn answer(adapter: &Adapter, all: Vec<Value>, mut options: Options) -> BoxFuture<'_, Result<Value>> {
    Box::pin(async move {
        let (texts, first) = (inputs(&all, "a string", Value::as_str)?, options.first);
        let (max_length, long_texts) = (options.max_length()?, options.long_texts()?);
        let most = options.count("topK")?.map(|most| most as usize);
        options.end()?;
        let call = adapter.fill_mask(&texts).max_length(max_length).long_texts(long_texts).top_k(most);
        let found = call.await.map_err(|error| match error {
            Error::Unmasked { index, mask, tokens } => Error::Unmasked { index: first + index, mask, tokens },
            other => other,
        })?;
        Ok(texts.iter().zip(&found).map(|(text, found)| to_json(text, found)).collect())
    })
}

fn to_json(text: &str, found: &FilledText) -> Value {
    let units = Units::new(text);
    let mut masks = Vec::with_capacity(found.masks.len());
    for mask in &found.masks {
        let fills = mask.fills.iter().map(|fill| {
            json!({"token": fill.token, "tokenStr": fill.token_str, "score": fill.score, "sequence": fill.sequence})
        });
        let (start, end) = (units.before(mask.span.start), units.before(mask.span.end));
        masks.push(json!({"start": start, "end": end, "fills": fills.collect::<Value>()}));
    }
    json!({"masks": masks, "warnings": warnings_json(&found.warnings)})
}
