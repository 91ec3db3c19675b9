//! A piece of a passage for each question.

use graftwork::{Adapter, AnswerSpan, CodePoints, Input, Text, Warning, block_on, question_answering};
use serde::Serialize;
use serde_json::Value;

use super::Lines;
use crate::args::{Predict, TextArgs};
use crate::failure::Result;
use crate::input;

/// An answer; offsets count Unicode code points of the context, as those of Hugging Face's pipelines.
#[derive(Serialize)]
struct Span<'a> {
    answer: Option<&'a str>,
    start: Option<usize>,
    end: Option<usize>,
    score: Option<f32>,
}

/// Writes the answers to questions.
pub fn lines(adapter: &Adapter, args: &Predict, inputs: Vec<Input>, lines: &mut Lines) -> Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        question: &'a str,
        #[serde(flatten)]
        best: Span<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        no_answer: Option<f32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        answers: Option<Vec<Span<'a>>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Value>,
    }
    let TextArgs { max_length, long_texts, .. } = args.texts;
    long_texts.map_or(Ok(()), question_answering::check_long_texts)?;
    let texts = input::texts_or_pairs(inputs, question_answering::INFO.name)?;
    let pair = |text: Text| (text.first, text.second.unwrap_or_default());
    let questions: Vec<(String, String)> = texts.into_iter().map(pair).collect();
    let call = adapter.answer(&questions).max_length(max_length).max_answer_length(args.max_answer_length);
    for ((question, context), found) in
        questions.iter().zip(block_on(call.top_k(args.top_k).threshold(args.threshold))?)
    {
        lines.tally.add(&found.warnings);
        let best = Span::new(context, found.best());
        let answers = args.top_k.map(|_| found.answers.iter().map(|one| Span::new(context, Some(one))).collect());
        let warnings = found.warnings.iter().map(Warning::to_json).collect();
        lines.out.json(&Line { question, best, no_answer: found.no_answer, answers, warnings })?;
    }
    Ok(())
}

impl<'a> Span<'a> {
    /// Nothing where there is no answer.
    fn new(context: &'a str, found: Option<&AnswerSpan>) -> Self {
        let mut points = CodePoints::new(context);
        Self {
            answer: found.map(|found| &context[found.span.clone()]),
            start: found.map(|found| points.before(found.span.start)),
            end: found.map(|found| points.before(found.span.end)),
            score: found.map(|found| found.score),
        }
    }
}
