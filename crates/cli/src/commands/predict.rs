//! `graftwork predict`

use std::ops::{ControlFlow, Range};

use graftwork::{Adapter, Classification, CodePoints, HeadKind, Input, Tagging, Warning, block_on};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::args::{Common, Predict, TextArgs};
use crate::engine::{head_of, load, read_adapter};
use crate::failure::Result;
use crate::input;
use crate::notes::Tally;
use crate::output::{Output, Reader};
use crate::progress::Progress;

/// Predicts what the adapter's head is for, one line out for each text in.
pub fn run(args: &Predict, common: &Common) -> Result<()> {
    let file = read_adapter(&args.adapter, args.any_backbone)?;
    let (head, task) = head_of(&file)?;
    let backbone = load(&args.backbone, common)?;
    let adapter = backbone.attach(&file)?;
    let TextArgs { max_length, long_texts, .. } = args.texts;
    let mut out = Output::new();
    let mut progress = Progress::count("texts predicted:", common.quiet);
    let has_threshold = args.threshold.is_some() || adapter.threshold().is_some();
    let (mut left_out, mut tally) = (0, Tally::default());
    input::texts(&args.texts, |inputs| {
        let count = inputs.len();
        match head.kind {
            HeadKind::Classification => {
                let texts = input::whole_texts(inputs, task.name)?;
                let call = adapter.classify(&texts).max_length(max_length).long_texts(long_texts);
                let found = block_on(call.threshold(args.threshold))?;
                for (text, found) in texts.iter().zip(&found) {
                    tally.add(&found.warnings);
                    label_line(&mut out, text, found, has_threshold)?;
                }
            }
            HeadKind::Tagging => {
                for (text, found) in tagged(&adapter, inputs, &args.texts)? {
                    tally.add(&found.warnings);
                    left_out += found.left_out;
                    tags_line(&mut out, &text, &found)?;
                }
            }
        }
        progress.add(count);
        Ok(match out.flush()? {
            Reader::Listening => ControlFlow::Continue(()),
            Reader::Gone => ControlFlow::Break(()),
        })
    })?;
    let takes_windows = head.kind == HeadKind::Classification;
    tally.say(if takes_windows { "--max-length or --long-texts windows" } else { "--max-length" }, common);
    if left_out > 0 && !common.quiet {
        eprintln!("note: {left_out} words have no token within the maximal length, and so no tag");
    }
    Ok(())
}

/// Written straight from `f32`, whose shortest digits are half as long as those of an `f64`.
fn label_line(out: &mut Output, text: &str, found: &Classification, has_threshold: bool) -> Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        text: &'a str,
        label: &'a str,
        scores: Scores<'a>,
        logits: &'a [f32],
        #[serde(skip_serializing_if = "Option::is_none")]
        sure: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        distance: Option<f64>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Value>,
    }
    let (scores, warnings) = (Scores(&found.scores), found.warnings.iter().map(Warning::to_json).collect());
    let (label, logits, distance) = (&found.label, &found.logits, found.distance);
    let sure = has_threshold.then(|| found.is_sure());
    out.json(&Line { text, label, scores, logits, sure, distance, warnings }).map(drop)
}

/// Probabilities by label, in the order of the labels.
struct Scores<'a>(&'a [(String, f32)]);

impl Serialize for Scores<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(label, score)| (label, score)))
    }
}

/// Tags texts and lists of words, in their order; of a list, the text is its words with single spaces between.
fn tagged(adapter: &Adapter, inputs: Vec<Input>, args: &TextArgs) -> Result<Vec<(String, Tagging)>> {
    let (mut texts, mut lists) = (Vec::new(), Vec::new());
    let is_list: Vec<bool> = inputs.iter().map(|input| matches!(input, Input::Words(_))).collect();
    for input in inputs {
        match input {
            Input::Text(text) => texts.push(text),
            Input::Words(words) => lists.push(words),
        }
    }
    let of_texts = block_on(adapter.tag(&texts).max_length(args.max_length).long_texts(args.long_texts))?;
    let of_lists = block_on(adapter.tag_words(&lists).max_length(args.max_length).long_texts(args.long_texts))?;
    let mut of_texts = texts.into_iter().zip(of_texts);
    let mut of_lists = lists.into_iter().map(|words| words.join(" ")).zip(of_lists);
    Ok(is_list.into_iter().filter_map(|list| if list { of_lists.next() } else { of_texts.next() }).collect())
}

/// Offsets count Unicode code points, as those of Hugging Face's pipelines.
fn tags_line(out: &mut Output, text: &str, found: &Tagging) -> Result<()> {
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
    #[derive(Serialize)]
    struct Entity<'a> {
        r#type: &'a str,
        #[serde(flatten)]
        span: Span<'a>,
    }
    #[derive(Serialize)]
    struct Word<'a> {
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
    let warnings = found.warnings.iter().map(Warning::to_json).collect();
    out.json(&Line { text, entities, words, left_out: found.left_out, warnings }).map(drop)
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}
