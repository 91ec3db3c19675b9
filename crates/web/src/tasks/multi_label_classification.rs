//! A text in, or two that belong together, any of several labels out.

use graftwork::{Adapter, BoxFuture, LabelSet, Labelled, LabelledText, MultiLabelDataset, multi_label_classification};
use serde_json::{Value, json};

use super::{Front, example_text, field, place, scores_json, texts, warnings_json};
use crate::error::Result;
use crate::options::{Options, strings};

/// Its line in the table. Examples are `{ text, labels }`, or `{ text, textPair, labels }`.
pub static FRONT: Front = Front {
    info: &multi_label_classification::INFO,
    data,
    answer,
    score: |_| "f1_micro",
    prediction: |answer, labels| {
        let is_given = |score: &f32| f64::from(*score) >= multi_label_classification::THRESHOLD;
        let given = answer.scores().iter().zip(labels).filter(|(score, _)| is_given(score));
        given.map(|(_, label)| label.clone()).collect()
    },
};

fn data(examples: &[Value], labels: &[Vec<String>]) -> Result<Box<dyn Labelled>> {
    let labels = labels[0].as_slice();
    let example = |(index, example): (usize, &Value)| {
        let own = field(example, index, "labels", strings)?;
        own.iter().try_for_each(|label| place(labels, index, label).map(drop))?;
        let own = (0..labels.len()).filter(|id| own.contains(&labels[*id])).collect();
        Ok(LabelledText { text: example_text(example, index)?, labels: own })
    };
    let examples = examples.iter().enumerate().map(example).collect::<Result<_>>()?;
    Ok(Box::new(MultiLabelDataset { examples, labels: labels.to_vec() }))
}

fn answer(adapter: &Adapter, inputs: Vec<Value>, mut options: Options) -> BoxFuture<'_, Result<Value>> {
    Box::pin(async move {
        let texts = texts(&inputs)?;
        let (max_length, long_texts) = (options.max_length()?, options.long_texts()?);
        let (threshold, most) = (options.number("threshold")?, options.count("topK")?);
        options.end()?;
        let call = adapter.classify_multi_label(&texts).max_length(max_length).long_texts(long_texts);
        Ok(call.threshold(threshold).await?.iter().map(|found| to_json(found, most)).collect())
    })
}

fn to_json(found: &LabelSet, most: Option<u64>) -> Value {
    json!({
        "labels": found.labels,
        "scores": scores_json(&found.scores, most),
        "logits": found.logits,
        "warnings": warnings_json(&found.warnings),
    })
}
