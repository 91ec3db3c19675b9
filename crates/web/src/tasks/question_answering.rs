//! A question and a context in, pieces of the context out.

use std::ops::Range;

use graftwork::{
    Adapter, Answer, AnswerSpan, Answering, BoxFuture, Labelled, Question, QuestionDataset, question_answering,
};
use serde_json::{Value, json};

use super::{Front, field, inputs, warnings_json, wrong};
use crate::error::Result;
use crate::options::Options;
use crate::units::Units;

/// Its line in the table. Examples are `{ question, context, answers: [{ text, start }] }`.
pub static FRONT: Front = Front {
    info: &question_answering::INFO,
    data,
    answer,
    score: |_| "f1",
    prediction: |answer, _| match answer {
        Answer::Said(said) => json!({"text": said.text, "noAnswer": said.doubt}),
        _ => Value::Null,
    },
};

fn data(examples: &[Value], _: &[Vec<String>]) -> Result<Box<dyn Labelled>> {
    let questions = examples.iter().enumerate().map(|(index, example)| question(index, example));
    Ok(Box::new(QuestionDataset { questions: questions.collect::<Result<_>>()? }))
}

fn question(index: usize, example: &Value) -> Result<Question> {
    let text = |key| field(example, index, key, Value::as_str).map(str::to_owned);
    let (question, context) = (text("question")?, text("context")?);
    let units = Units::new(&context);
    let answers = field(example, index, "answers", Value::as_array)?;
    let answers = answers.iter().map(|answer| span(index, answer, &context, &units)).collect::<Result<_>>()?;
    Ok(Question { question, context, answers })
}

/// The bytes of the context that an answer stands at.
fn span(index: usize, answer: &Value, context: &str, units: &Units) -> Result<Range<usize>> {
    let text = answer.get("text").and_then(Value::as_str).filter(|text| !text.is_empty());
    let start = answer.get("start").and_then(Value::as_u64);
    let (Some(text), Some(start)) = (text, start) else {
        return Err(wrong(
            index,
            "has an answer that is not { text, start }; one without answers has an empty list".into(),
        ));
    };
    let begin = units.byte(start).filter(|begin| context[*begin..].starts_with(text));
    let begin = begin.ok_or_else(|| {
        let first = context.find(text).map(|byte| format!("at {}", units.before(byte)));
        let stands = first.unwrap_or_else(|| "nowhere in its context".to_owned());
        wrong(
            index,
            format!("has the answer {text:?}, which does not stand at {start} but {stands} (UTF-16 units, from 0)"),
        )
    })?;
    Ok(begin..begin + text.len())
}

fn answer(adapter: &Adapter, all: Vec<Value>, mut options: Options) -> BoxFuture<'_, Result<Value>> {
    Box::pin(async move {
        let asked = |input| Some((text(input, "question")?, text(input, "context")?));
        let questions = inputs(&all, "{ question, context } of strings", asked)?;
        let max_length = options.max_length()?;
        let mut count = |key| options.count(key).map(|count| count.map(|count| count as usize));
        let (most, longest) = (count("topK")?, count("maxAnswerLength")?);
        let threshold = options.number("threshold")?;
        options.end()?;
        let call = adapter.answer(&questions).max_length(max_length).top_k(most).max_answer_length(longest);
        let found = call.threshold(threshold).await?;
        Ok(questions.iter().zip(&found).map(|((_, context), found)| to_json(context, found)).collect())
    })
}

fn text<'a>(input: &'a Value, key: &str) -> Option<&'a str> {
    input.get(key)?.as_str()
}

fn to_json(context: &str, found: &Answering) -> Value {
    let units = Units::new(context);
    let span = |found: &AnswerSpan| {
        let Range { start, end } = found.span;
        json!({"text": context[start..end], "start": units.before(start), "end": units.before(end), "score": found.score})
    };
    json!({
        "answer": found.best().map(span),
        "answers": found.answers.iter().map(span).collect::<Value>(),
        "noAnswer": found.no_answer,
        "warnings": warnings_json(&found.warnings),
    })
}
