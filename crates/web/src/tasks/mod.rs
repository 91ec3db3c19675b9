//! What JavaScript may ask of adapters and teach them: one file a task, and the table of them.

mod intent_slot_classification;
mod masked_lm;
mod multi_label_classification;
mod multiple_choice;
mod question_answering;
mod regression;
mod text_classification;
mod token_classification;

use graftwork::{Adapter, AdapterFile, Answer, BoxFuture, Labelled, TaskInfo, Text, Warning, order};
use serde_json::{Map, Value};

use crate::error::{Failure, Result};
use crate::options::{Options, bad};

pub use text_classification::to_json as classifications;

/// A task as JavaScript sees it.
pub struct Front {
    /// Its row in the engine's table.
    pub info: &'static TaskInfo,
    /// Labelled data of examples.
    pub data: ReadExamples,
    /// What an adapter answers to inputs.
    pub answer: AnswerInputs,
    /// The name of what chooses the best weights, for a head's labels.
    pub score: fn(&[String]) -> &'static str,
    /// What an evaluation of a head says of one example, by its labels.
    pub prediction: fn(&Answer, &[String]) -> Value,
}

/// Makes labelled data of examples, for the labels of each of an adapter's heads, of which there is always one.
type ReadExamples = fn(&[Value], &[Vec<String>]) -> Result<Box<dyn Labelled>>;
/// Asks an adapter about inputs.
type AnswerInputs = for<'a> fn(&'a Adapter, Vec<Value>, Options) -> BoxFuture<'a, Result<Value>>;

/// Every task that JavaScript has calls for.
static FRONTS: &[&Front] = &[
    &text_classification::FRONT,
    &multi_label_classification::FRONT,
    &regression::FRONT,
    &token_classification::FRONT,
    &question_answering::FRONT,
    &multiple_choice::FRONT,
    &masked_lm::FRONT,
    &intent_slot_classification::FRONT,
];

/// The task of a name.
pub fn named(name: &str) -> Result<&'static Front> {
    FRONTS.iter().copied().find(|front| front.info.name == name).ok_or_else(|| {
        let known: Vec<&str> = FRONTS.iter().map(|front| front.info.name).collect();
        bad(format!("unknown task `{name}`; known: {}", known.join(", ")))
    })
}

/// The task that an adapter's heads are for, if JavaScript has calls for it; of several that do not belong together, the first's.
pub fn of_adapter(file: &AdapterFile) -> Option<&'static Front> {
    let info = TaskInfo::of_adapter(file)?;
    FRONTS.iter().copied().find(|front| front.info.name == info.name)
}

/// Inputs of a shape, such as `a string`.
fn inputs<'a, T>(inputs: &'a [Value], shape: &str, of: fn(&'a Value) -> Option<T>) -> Result<Vec<T>> {
    inputs.iter().map(of).collect::<Option<_>>().ok_or_else(|| bad(format!("an input must be {shape}")))
}

/// Inputs that are texts, or two that belong together.
fn texts(all: &[Value]) -> Result<Vec<Text>> {
    inputs(all, "a string, or { text, textPair } of strings", text)
}

/// A text, or two that belong together: a string, `{ text }`, or `{ text, textPair }`, which files call `text_pair`.
fn text(input: &Value) -> Option<Text> {
    if let Some(text) = input.as_str() {
        return Some(text.into());
    }
    let pair = input.get("textPair").or_else(|| input.get("text_pair")).filter(|pair| !pair.is_null());
    let second = match pair {
        Some(pair) => Some(pair.as_str()?.to_owned()),
        None => None,
    };
    Some(Text { first: input.get("text")?.as_str()?.to_owned(), second })
}

/// The text of an example, or two that belong together.
fn example_text(example: &Value, index: usize) -> Result<Text> {
    text(example).ok_or_else(|| wrong(index, "has no usable `text` and `textPair`".to_owned()))
}

/// Labels with their probabilities; of so many labels, the most probable first.
fn scores_json(scores: &[(String, f32)], most: Option<u64>) -> Value {
    let mut chosen: Vec<usize> = (0..scores.len()).collect();
    if let Some(most) = most {
        chosen = order(scores.len(), &|a, b| scores[b].1.total_cmp(&scores[a].1));
        chosen.truncate(most as usize);
    }
    chosen.iter().map(|id| (scores[*id].0.clone(), scores[*id].1.into())).collect::<Map<_, _>>().into()
}

/// Why to take an answer with care.
fn warnings_json(warnings: &[Warning]) -> Value {
    warnings.iter().map(Warning::to_json).collect()
}

/// What an example has under a key.
fn field<'a, T>(example: &'a Value, index: usize, key: &str, of: impl Fn(&'a Value) -> Option<T>) -> Result<T> {
    example.get(key).and_then(of).ok_or_else(|| wrong(index, format!("has no usable `{key}`")))
}

/// An error about an example.
fn wrong(index: usize, problem: String) -> Failure {
    Failure::new("bad-examples", format!("example {index} (counted from 0) {problem}"))
}

/// The place of a label among the adapter's.
fn place(known: &[String], index: usize, label: &str) -> Result<usize> {
    known.iter().position(|name| name == label).ok_or_else(|| {
        let known: Vec<&str> = known.iter().take(MOST_SHOWN).map(String::as_str).collect();
        wrong(index, format!("has the label {label:?}, but the adapter knows {}", known.join(", ")))
    })
}

/// Labels in a message.
const MOST_SHOWN: usize = 20;
