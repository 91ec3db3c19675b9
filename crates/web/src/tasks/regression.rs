//! A text in, or two that belong together, a number out.

use graftwork::{Adapter, BoxFuture, Labelled, ScoredDataset, ScoredText, regression};
use serde_json::{Value, json};

use super::{Front, example_text, field, texts, warnings_json};
use crate::error::Result;
use crate::options::Options;

/// Its line in the table. Examples are `{ text, score }`, or `{ text, textPair, score }`.
pub static FRONT: Front = Front {
    info: &regression::INFO,
    data,
    answer,
    score: |_| "pearson",
    prediction: |answer, _| answer.scores().first().copied().into(),
};

fn data(examples: &[Value], _: &[Vec<String>]) -> Result<Box<dyn Labelled>> {
    let finite = |value: &Value| value.as_f64().map(|score| score as f32).filter(|score| score.is_finite());
    let example = |(index, example): (usize, &Value)| {
        let score = field(example, index, "score", finite)?;
        Ok(ScoredText { text: example_text(example, index)?, score })
    };
    let examples = examples.iter().enumerate().map(example).collect::<Result<_>>()?;
    Ok(Box::new(ScoredDataset { examples }))
}

fn answer(adapter: &Adapter, inputs: Vec<Value>, mut options: Options) -> BoxFuture<'_, Result<Value>> {
    Box::pin(async move {
        let texts = texts(&inputs)?;
        let (max_length, long_texts) = (options.max_length()?, options.long_texts()?);
        options.end()?;
        let found = adapter.score(&texts).max_length(max_length).long_texts(long_texts).await?;
        let answers =
            found.iter().map(|found| json!({"score": found.score, "warnings": warnings_json(&found.warnings)}));
        Ok(answers.collect())
    })
}
