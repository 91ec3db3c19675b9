//! Questions about passages, with their answers: `{"question": .., "context": .., "answers": [{"text": .., "start": ..}]}`.

use std::io::Read;
use std::ops::Range;

use super::rows::{Column, RawAnswer, Taken};
use super::{Format, IN_MEMORY, ReadOptions, data_file, format_of, in_memory, nothing_in, read_rows};
use crate::{CodePoints, Error, Result};

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub question: String,
    /// Where the answer stands, if there is one.
    pub context: String,
    /// Bytes of the context, each a right answer; the first is learned. None is no answer.
    pub answers: Vec<Range<usize>>,
}

/// The questions of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionDataset {
    /// In file order; never empty.
    pub questions: Vec<Question>,
}

data_file!(QuestionDataset);

impl QuestionDataset {
    /// Questions from memory.
    ///
    /// # Errors
    /// [`Error::File`] if there are none, or an answer is empty or not of its context.
    pub fn new(questions: impl IntoIterator<Item = Question>) -> Result<Self> {
        let questions: Vec<Question> = questions.into_iter().collect();
        for (index, question) in questions.iter().enumerate() {
            let is_bad = |bytes: &Range<usize>| question.context.get(bytes.clone()).is_none_or(str::is_empty);
            if let Some(bytes) = question.answers.iter().find(|bytes| is_bad(bytes)) {
                let problem = format!("the answer at bytes {bytes:?} is not a piece of its context");
                return Err(in_memory(index, &problem));
            }
        }
        Self::of(IN_MEMORY, questions)
    }

    fn from_reader(name: &str, reader: impl Read, options: &ReadOptions) -> Result<Self> {
        if format_of(name, options)? != Format::Jsonl {
            let rows = "{\"question\": .., \"context\": .., \"answers\": [{\"text\": .., \"start\": ..}]}";
            return Err(Error::file(name, format!("questions with answers are read from .jsonl: {rows}")));
        }
        let (question_column, context_column) = (&options.question_column, &options.context_column);
        let columns = vec![
            Column::text("question", question_column),
            Column::text("context", context_column),
            Column::answers(&options.answers_column),
        ];
        let (mut questions, mut bytes) = (Vec::new(), 0);
        read_rows(name, reader, options, columns, &mut |row, _| {
            let (question, context) = (row.text(question_column)?.into_owned(), row.text(context_column)?.into_owned());
            let answers = row.answers(&options.answers_column)?;
            let answers =
                bytes_of(&context, answers).map_err(|reason| format!("{:?}: {reason}", options.answers_column))?;
            // Lists grow by doubling.
            bytes += question.len() + context.len() + 2 * size_of::<Question>();
            bytes += answers.len() * size_of::<Range<usize>>();
            questions.push(Question { question, context, answers });
            Ok(Taken::Kept(bytes))
        })?;
        Self::of(name, questions)
    }

    fn of(name: &str, questions: Vec<Question>) -> Result<Self> {
        if questions.is_empty() { Err(nothing_in(name)) } else { Ok(Self { questions }) }
    }
}

/// The bytes of a context's answers, which say where they stand in code points.
fn bytes_of(context: &str, answers: Vec<RawAnswer>) -> Result<Vec<Range<usize>>, String> {
    // In the order of the context, so that it is walked through once.
    let mut order: Vec<usize> = (0..answers.len()).collect();
    order.sort_by_key(|answer| answers[*answer].1);
    let (mut points, mut bytes) = (CodePoints::new(context), vec![0..0; answers.len()]);
    for place in order {
        let (text, start) = &answers[place];
        if text.is_empty() {
            return Err("an answer is empty; a question without answer has an empty list".to_owned());
        }
        let begin = points.byte_of(*start).filter(|begin| context[*begin..].starts_with(text));
        let begin = begin.ok_or_else(|| {
            let first = context.find(text).map(|byte| CodePoints::new(context).before(byte));
            let stands = first.map_or_else(|| "nowhere in the context".to_owned(), |first| format!("at {first}"));
            let text: String = text.chars().take(100).collect();
            format!("{text:?} does not stand at {start} but {stands} (code points, from 0)")
        })?;
        bytes[place] = begin..begin + text.len();
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> Result<QuestionDataset> {
        QuestionDataset::from_bytes("a.jsonl", lines.as_bytes(), &ReadOptions::default())
    }

    #[test]
    fn answers_by_code_points() {
        let rows = "{\"question\": \"q\", \"context\": \"\u{e9}\u{1f600} ab b\", \"answers\": [{\"text\": \"b\", \"start\": 6}, {\"text\": \"ab\", \"answer_start\": 3}]}\n\
                    {\"question\": \"q\", \"context\": \"c\", \"answers\": {\"text\": [\"c\"], \"answer_start\": [0]}}\n\
                    {\"question\": \"q\", \"context\": \"c\", \"answers\": {\"text\": [], \"answer_start\": []}}\n\
                    {\"question\": \"q\", \"context\": \"\", \"answers\": []}\n{\"question\": \"q\", \"context\": \"\", \"answers\": null}\n";
        let found = read(rows).unwrap().questions;
        assert_eq!(found[0].answers, [10..11, 7..9]);
        assert_eq!((found[1].answers.len(), &found[1].answers[0]), (1, &(0..1)));
        assert!(found[2..].iter().all(|question| question.answers.is_empty()));
        assert_eq!(QuestionDataset::new(found.clone()).unwrap().questions, found);
    }

    #[test]
    fn questions_from_memory() {
        let question = |answers| Question { question: "q".to_owned(), context: "\u{e9}a".to_owned(), answers };
        let refused = |answers| QuestionDataset::new([question(answers)]).unwrap_err().to_string();
        for bytes in [0..1, 2..2, 2..4] {
            let answers = std::iter::once(bytes).collect();
            assert!(refused(answers).contains("example 0 (counted from 0)"));
        }
        assert!(QuestionDataset::new([]).is_err());
    }

    #[test]
    fn bad_rows_are_named() {
        let row =
            |answers: &str| format!("{{\"question\": \"q\", \"context\": \"\u{e9} a\", \"answers\": {answers}}}\n");
        let bad = [
            &row("[{\"text\": \"a\", \"start\": 3}]"),
            &row("[{\"text\": \"x\", \"start\": 0}]"),
            &row("[{\"text\": \"\", \"start\": 0}]"),
            &row("[{\"text\": \"a\"}]"),
            &row("{\"text\": [\"a\"], \"answer_start\": []}"),
            &row("[{\"text\": \"a\", \"start\": -1}]"),
            &row("\"a\""),
            "{\"question\": \"q\", \"answers\": []}\n",
            "{\"question\": \"q\", \"context\": \"c\"}\n",
        ];
        let message = read(&bad.map(|row| row.to_owned()).concat()).unwrap_err().to_string();
        let expected = [
            "a.jsonl:1: \"answers\": \"a\" does not stand at 3 but at 2 (code points, from 0)",
            "a.jsonl:2: \"answers\": \"x\" does not stand at 0 but nowhere in the context (code points, from 0)",
            "a.jsonl:3: \"answers\": an answer is empty; a question without answer has an empty list",
            "a.jsonl:4: \"answers\" is not a list of {\"text\": .., \"start\": ..}: missing field `start`",
            "a.jsonl:5: \"answers\" has 1 texts, but 0 starts",
            "a.jsonl:6: \"answers\" is not a list of {\"text\": .., \"start\": ..}: invalid value: integer `-1`",
            "a.jsonl:7: \"answers\" is not a list of answers",
            "a.jsonl:8: no \"context\" (its keys: question, answers)",
            "a.jsonl:9: no \"answers\" (its keys: question, context)",
        ];
        for line in expected {
            assert!(message.contains(line), "{line}\n{message}");
        }
        let message = QuestionDataset::from_bytes("a.tsv", b"", &ReadOptions::default()).unwrap_err().to_string();
        assert!(message.contains("are read from .jsonl"), "{message}");
        let endless =
            row(&format!("[{}{{\"text\": \"a\", \"start\": 2}}]", "{\"text\":\"a\",\"start\":2},".repeat(60_000)));
        assert!(read(&endless).unwrap_err().to_string().contains("bytes of answers"));
    }
}
