//! A text in, its words with their tags out, and the entities that the tags mark.

use std::ops::Range;

use graftwork::{
    Adapter, BoxFuture, Labelled, MarkedText, MarkedTexts, Scheme, Sentence, TaggedDataset, Tagging,
    token_classification,
};
use serde_json::{Value, json};

use super::{Front, field, inputs, place, warnings_json, wrong};
use crate::error::Result;
use crate::options::{Options, strings};
use crate::units::Units;

/// Its line in the table. Examples are `{ tokens, tags }`, or all of them `{ text, entities: [{ start, end, type }] }`.
pub static FRONT: Front = Front {
    info: &token_classification::INFO,
    data,
    answer,
    score: |labels| if Scheme::new(labels).marks_entities() { "f1" } else { "accuracy" },
    prediction: |answer, labels| answer.labels().iter().filter_map(|id| labels.get(*id).cloned()).collect(),
};

fn data(examples: &[Value], labels: &[Vec<String>]) -> Result<Box<dyn Labelled>> {
    let labels = labels[0].as_slice();
    if examples.iter().any(|example| example.get("tokens").is_some()) {
        let sentences = examples.iter().enumerate().map(|(index, example)| sentence(index, example, labels));
        return Ok(Box::new(TaggedDataset { sentences: sentences.collect::<Result<_>>()?, labels: labels.to_vec() }));
    }
    let texts = examples.iter().enumerate().map(|(index, example)| marked(index, example)).collect::<Result<_>>()?;
    Ok(Box::new(MarkedTexts::new(texts, labels)))
}

/// The sentence of an example `{ tokens, tags }`.
pub fn sentence(index: usize, example: &Value, labels: &[String]) -> Result<Sentence> {
    let words = field(example, index, "tokens", strings)?;
    let tags = field(example, index, "tags", strings)?;
    if words.is_empty() || words.len() != tags.len() {
        return Err(wrong(index, format!("has {} tokens and {} tags: each token needs one", words.len(), tags.len())));
    }
    let tags = tags.iter().map(|tag| place(labels, index, tag)).collect::<Result<_>>()?;
    Ok(Sentence { words, tags })
}

fn marked(index: usize, example: &Value) -> Result<MarkedText> {
    let text = field(example, index, "text", Value::as_str)?.to_owned();
    let units = Units::new(&text);
    let entity = |entity: &Value| {
        let place = |key| units.byte(entity.get(key)?.as_u64()?);
        let span = place("start")?..place("end")?;
        Some((span, entity.get("type")?.as_str()?.to_owned())).filter(|(span, _)| !span.is_empty())
    };
    let all = |value: &Value| value.as_array()?.iter().map(entity).collect();
    Ok(MarkedText { entities: field(example, index, "entities", all)?, text })
}

fn answer(adapter: &Adapter, all: Vec<Value>, mut options: Options) -> BoxFuture<'_, Result<Value>> {
    Box::pin(async move {
        let texts = inputs(&all, "a string", Value::as_str)?;
        let (max_length, long_texts) = (options.max_length()?, options.long_texts()?);
        options.end()?;
        let found = adapter.tag(&texts).max_length(max_length).long_texts(long_texts).await?;
        Ok(texts.iter().zip(&found).map(|(text, found)| to_json(text, found)).collect())
    })
}

/// An answer as JavaScript gets it.
pub fn to_json(text: &str, found: &Tagging) -> Value {
    let units = Units::new(text);
    let span = |name: &str, what: &str, span: &Range<usize>, score: f32| json!({"start": units.before(span.start), "end": units.before(span.end), name: what, "score": score});
    let entities = found.entities.as_ref();
    json!({
        "entities": entities.map(|all| all.iter().map(|e| span("type", &e.kind, &e.span, e.score)).collect::<Value>()),
        "words": found.words.iter().map(|word| span("tag", &word.tag, &word.span, word.score)).collect::<Value>(),
        "leftOut": found.left_out,
        "warnings": warnings_json(&found.warnings),
    })
}
