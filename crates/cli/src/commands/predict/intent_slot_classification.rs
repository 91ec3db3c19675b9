//! What each sentence wants, with its slots.

use graftwork::{Adapter, Input, IntentSlots, Warning, block_on, intent_slot_classification};
use serde::Serialize;
use serde_json::Value;

use super::Lines;
use super::scores::Certainty;
use super::token_classification::{Entity, Word, is_zero, marked, texts_and_lists};
use crate::args::{Predict, TextArgs};
use crate::failure::Result;
use crate::output::Output;

/// Writes the intents of texts with their slots, both of one forward pass.
pub fn lines(adapter: &Adapter, args: &Predict, inputs: Vec<Input>, lines: &mut Lines) -> Result<()> {
    let TextArgs { max_length, long_texts, .. } = args.texts;
    let of_texts = |texts: &[String]| {
        let call = adapter.intent_and_slots(texts).max_length(max_length).long_texts(long_texts);
        block_on(call.threshold(args.threshold))
    };
    let of_lists = |lists: &[Vec<String>]| {
        let call = adapter.intent_and_slots_of_words(lists).max_length(max_length).long_texts(long_texts);
        block_on(call.threshold(args.threshold))
    };
    let name = intent_slot_classification::INFO.name;
    for (text, found) in texts_and_lists(inputs, name, of_texts, of_lists)? {
        lines.tally.add(&found.intent.warnings);
        lines.tally.left_out += found.slots.left_out;
        line(&mut lines.out, &text, &found, Certainty::new(&found.intent, adapter, args))?;
    }
    Ok(())
}

fn line(out: &mut Output, text: &str, found: &IntentSlots, certainty: Certainty<'_>) -> Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        text: &'a str,
        intent: &'a str,
        #[serde(flatten)]
        certainty: Certainty<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        slots: Option<Vec<Entity<'a>>>,
        words: Vec<Word<'a>>,
        #[serde(skip_serializing_if = "is_zero")]
        left_out: usize,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Value>,
    }
    let IntentSlots { intent, slots: tagged } = found;
    let (slots, words) = marked(text, tagged);
    let warnings = intent.warnings.iter().map(Warning::to_json).collect();
    out.json(&Line { text, intent: &intent.label, certainty, slots, words, left_out: tagged.left_out, warnings })
        .map(drop)
}
