//! A tag for each word.

use std::ops::Range;

use graftwork::{Adapter, CodePoints, Input, Tagging, Warning, block_on, token_classification};
use serde::Serialize;
use serde_json::Value;

use super::Lines;
use crate::args::{Predict, TextArgs};
use crate::failure::Result;
use crate::input;
use crate::output::Output;

/// Writes the words of texts with their tags, and what these mark.
pub fn lines(adapter: &Adapter, args: &Predict, inputs: Vec<Input>, lines: &mut Lines) -> Result<()> {
    for (text, found) in tagged(adapter, inputs, &args.texts)? {
        lines.tally.add(&found.warnings);
        lines.tally.left_out += found.left_out;
        line(&mut lines.out, &text, &found)?;
    }
    Ok(())
}

/// Tags texts and lists of words, in their order; of a list, the text is its words with single spaces between.
fn tagged(adapter: &Adapter, inputs: Vec<Input>, args: &TextArgs) -> Result<Vec<(String, Tagging)>> {
    let of_texts =
        |texts: &[String]| block_on(adapter.tag(texts).max_length(args.max_length).long_texts(args.long_texts));
    let of_lists = |lists: &[Vec<String>]| {
        block_on(adapter.tag_words(lists).max_length(args.max_length).long_texts(args.long_texts))
    };
    texts_and_lists(inputs, token_classification::INFO.name, of_texts, of_lists)
}

/// Answers to texts and lists of words, in their order, with the texts; of a list, that is its words with single spaces between.
/// `who` takes them.
pub fn texts_and_lists<T>(
    inputs: Vec<Input>,
    who: &str,
    of_texts: impl FnOnce(&[String]) -> graftwork::Result<Vec<T>>,
    of_lists: impl FnOnce(&[Vec<String>]) -> graftwork::Result<Vec<T>>,
) -> Result<Vec<(String, T)>> {
    let is_list: Vec<bool> = inputs.iter().map(|input| matches!(input, Input::Words(_))).collect();
    let (mut whole, mut lists) = (Vec::new(), Vec::new());
    for input in inputs {
        match input {
            Input::Words(words) => lists.push(words),
            text => whole.push(text),
        }
    }
    let texts = input::whole_texts(whole, who)?;
    let (of_texts, of_lists) = (of_texts(&texts)?, of_lists(&lists)?);
    let mut of_texts = texts.into_iter().zip(of_texts);
    let mut of_lists = lists.into_iter().map(|words| words.join(" ")).zip(of_lists);
    Ok(is_list.into_iter().filter_map(|list| if list { of_lists.next() } else { of_texts.next() }).collect())
}

/// Written with its text; the spans' offsets count Unicode code points, as those of Hugging Face's pipelines.
fn line(out: &mut Output, text: &str, found: &Tagging) -> Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        entities: Option<Vec<Entity<'a>>>,
        words: Vec<Word<'a>>,
        #[serde(skip_serializing_if = "is_zero")]
        left_out: usize,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Value>,
    }
    let (entities, words) = marked(text, found);
    let warnings = found.warnings.iter().map(Warning::to_json).collect();
    out.json(&Line { text, entities, words, left_out: found.left_out, warnings }).map(drop)
}

/// What tags mark.
#[derive(Serialize)]
pub struct Entity<'a> {
    r#type: &'a str,
    #[serde(flatten)]
    span: Span<'a>,
}

/// A word with its tag.
#[derive(Serialize)]
pub struct Word<'a> {
    tag: &'a str,
    #[serde(flatten)]
    span: Span<'a>,
}

#[derive(Serialize)]
struct Span<'a> {
    text: &'a str,
    start: usize,
    end: usize,
    score: f32,
}

/// What a text's tags mark, if they mark something, and its words with them.
pub fn marked<'a>(text: &'a str, found: &'a Tagging) -> (Option<Vec<Entity<'a>>>, Vec<Word<'a>>) {
    let mut points = CodePoints::new(text);
    let mut span = |bytes: &Range<usize>, score| Span {
        text: &text[bytes.clone()],
        start: points.before(bytes.start),
        end: points.before(bytes.end),
        score,
    };
    let entities = found.entities.as_ref().map(|entities| {
        entities.iter().map(|found| Entity { r#type: &found.kind, span: span(&found.span, found.score) }).collect()
    });
    let words = found.words.iter().map(|word| Word { tag: &word.tag, span: span(&word.span, word.score) }).collect();
    (entities, words)
}

/// Whether nothing was left out.
pub fn is_zero(count: &usize) -> bool {
    *count == 0
}
