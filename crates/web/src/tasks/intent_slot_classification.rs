//! A sentence in, what it wants and which of its words say more of that out: two heads, one forward pass.

use graftwork::{Adapter, BoxFuture, IntentDataset, Labelled, TaggedDataset, intent_slot_classification};
use serde_json::{Value, json};

use super::{Front, classifications, field, inputs, place, token_classification};
use crate::error::Result;
use crate::options::Options;

/// Its line in the table. Examples are `{ tokens, tags, intent }`.
pub static FRONT: Front = Front {
    info: &intent_slot_classification::INFO,
    data,
    answer,
    // The mean of accuracy and F1.
    score: |_| "score",
    prediction: super::text_classification::FRONT.prediction,
};

fn data(examples: &[Value], labels: &[Vec<String>]) -> Result<Box<dyn Labelled>> {
    let [intents, tags, ..] = labels else { unreachable!("the labels of two heads") };
    let intent = |(index, example)| place(intents, index, field(example, index, "intent", Value::as_str)?);
    let sentence = |(index, example)| token_classification::sentence(index, example, tags);
    let numbered = || examples.iter().enumerate();
    Ok(Box::new(IntentDataset {
        tagged: TaggedDataset { sentences: numbered().map(sentence).collect::<Result<_>>()?, labels: tags.clone() },
        intents: numbered().map(intent).collect::<Result<_>>()?,
        intent_labels: intents.clone(),
    }))
}

fn answer(adapter: &Adapter, all: Vec<Value>, mut options: Options) -> BoxFuture<'_, Result<Value>> {
    Box::pin(async move {
        let texts = inputs(&all, "a string", Value::as_str)?;
        let (max_length, long_texts) = (options.max_length()?, options.long_texts()?);
        let (threshold, most) = (options.number("threshold")?, options.count("topK")?);
        options.end()?;
        let call = adapter.intent_and_slots(&texts).max_length(max_length).long_texts(long_texts);
        let found = call.threshold(threshold).await?;
        let answer = |(text, found): (&&str, &graftwork::IntentSlots)| {
            let intent = classifications(std::slice::from_ref(&found.intent), most);
            json!({"intent": intent[0], "slots": token_classification::to_json(text, &found.slots)})
        };
        Ok(texts.iter().zip(&found).map(answer).collect())
    })
}
