//! A prompt and some texts in, the one that fits best out.

use graftwork::{Adapter, BoxFuture, ChoiceDataset, Choices, Labelled, multiple_choice};
use serde_json::{Value, json};

use super::{Front, field, inputs, warnings_json, wrong};
use crate::error::Result;
use crate::options::{Options, strings};

/// Its line in the table. Examples are `{ prompt, choices, label }`, where the label is the place of the right choice.
pub static FRONT: Front = Front {
    info: &multiple_choice::INFO,
    data,
    answer,
    score: |_| "accuracy",
    prediction: |answer, _| answer.labels().first().copied().into(),
};

fn data(examples: &[Value], labels: &[Vec<String>]) -> Result<Box<dyn Labelled>> {
    let labels = labels[0].as_slice();
    // Of a new adapter that nobody says it of, two.
    let most = labels.len().max(2);
    let example = |(index, example): (usize, &Value)| {
        let prompt = field(example, index, "prompt", Value::as_str)?.to_owned();
        let choices = field(example, index, "choices", strings)?;
        // AdapterHub's heads take so many and no more.
        if !(2..=most).contains(&choices.len()) {
            return Err(wrong(
                index,
                format!("has {} choices, but the adapter was made for 2 to {most}", choices.len()),
            ));
        }
        let place = |label: &Value| label.as_u64().filter(|place| *place < choices.len() as u64);
        let label = field(example, index, "label", place)? as usize;
        Ok((Choices { prompt, choices }, label))
    };
    let examples = examples.iter().enumerate().map(example).collect::<Result<_>>()?;
    Ok(Box::new(ChoiceDataset { examples, labels: (0..most).map(|place| place.to_string()).collect() }))
}

fn answer(adapter: &Adapter, all: Vec<Value>, mut options: Options) -> BoxFuture<'_, Result<Value>> {
    Box::pin(async move {
        let prompt = |input: &Value| {
            let choices = strings(input.get("choices")?).filter(|choices| !choices.is_empty())?;
            Some(Choices { prompt: input.get("prompt")?.as_str()?.to_owned(), choices })
        };
        let prompts = inputs(&all, "{ prompt, choices } with one choice at least", prompt)?;
        let (max_length, long_texts) = (options.max_length()?, options.long_texts()?);
        options.end()?;
        let found = adapter.choose(&prompts).max_length(max_length).long_texts(long_texts).await?;
        let answer = |(prompt, found): (&Choices, &graftwork::Choice)| {
            json!({
                "choice": prompt.choices[found.index],
                "index": found.index,
                "scores": found.scores,
                "logits": found.logits,
                "warnings": warnings_json(&found.warnings),
            })
        };
        Ok(prompts.iter().zip(&found).map(answer).collect())
    })
}
