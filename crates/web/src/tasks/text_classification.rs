//! A text in, or two that belong together, one of some labels out.

use graftwork::{Adapter, BoxFuture, Classification, Dataset, Example, Labelled, text_classification};
use serde_json::{Value, json};

use super::{Front, example_text, field, place, scores_json, texts, warnings_json};
use crate::error::Result;
use crate::options::Options;

/// Its line in the table. Examples are `{ text, label }`, or `{ text, textPair, label }`.
pub static FRONT: Front = Front {
    info: &text_classification::INFO,
    data,
    answer,
    score: |_| "accuracy",
    prediction: |answer, labels| answer.labels().first().and_then(|id| labels.get(*id)).cloned().into(),
};

fn data(examples: &[Value], labels: &[Vec<String>]) -> Result<Box<dyn Labelled>> {
    let labels = labels[0].as_slice();
    let example = |(index, example): (usize, &Value)| {
        let label = field(example, index, "label", Value::as_str)?;
        Ok(Example { text: example_text(example, index)?, label: Some(place(labels, index, label)?) })
    };
    let examples = examples.iter().enumerate().map(example).collect::<Result<_>>()?;
    Ok(Box::new(Dataset { examples, labels: labels.to_vec() }))
}

fn answer(adapter: &Adapter, inputs: Vec<Value>, mut options: Options) -> BoxFuture<'_, Result<Value>> {
    Box::pin(async move {
        let texts = texts(&inputs)?;
        let (max_length, long_texts) = (options.max_length()?, options.long_texts()?);
        let (threshold, most) = (options.number("threshold")?, options.count("topK")?);
        options.end()?;
        let call = adapter.classify(&texts).max_length(max_length).long_texts(long_texts).threshold(threshold);
        Ok(to_json(&call.await?, most))
    })
}

/// Answers as JavaScript gets them, with the scores of so many labels; with that, the most probable come first.
pub fn to_json(answers: &[Classification], most: Option<u64>) -> Value {
    let answer = |answer: &Classification| {
        let best = answer.scores.iter().find(|(label, _)| *label == answer.label);
        json!({
            "label": answer.label,
            "score": best.map(|(_, score)| *score),
            "scores": scores_json(&answer.scores, most),
            "logits": answer.logits,
            "sure": answer.is_sure(),
            "distance": answer.distance,
            "warnings": warnings_json(&answer.warnings),
        })
    };
    answers.iter().map(answer).collect()
}
