//! Questions about passages, answered with a piece of them (SQuAD): two logits a token, where an answer begins and where it
//! ends; a softmax along the tokens of each window, whose first token stands for no answer.

use std::ops::Range;
use std::sync::LazyLock;

use graftwork_model::{HeadConfig, HeadKind};
use graftwork_tensor::Device;
use graftwork_text::{Encoding, LongTexts, QuestionDataset, Tokenizer};

use super::segments::{SegmentTargets, cross_entropy_of};
use super::spans::{AnswerSpan, SpanOptions, Spans, answer_tokens};
use super::{Answer, Examples, Judged, Labelled, LongReading, Targets, Task, TaskInfo, Thresholds, Tokenizing};
use crate::metrics::{Metrics, Said, best_threshold, of_answers};
use crate::predict::Rows;
use crate::{Error, Result, Warning};

/// Its row in the table.
pub static INFO: TaskInfo = TaskInfo {
    name: "question-answering",
    head: HeadKind::QuestionAnswering,
    heads: &[],
    new_head: |name, labels| HeadConfig::flex(HeadKind::QuestionAnswering, name, labels),
    fewest_labels: 2,
    lr: 2e-3,
    reads: LongReading::Windows,
    #[cfg(not(target_family = "wasm"))]
    read: |path, options| Ok(Box::new(QuestionDataset::from_path(path, options)?)),
};

/// What the two logits are.
static LABELS: LazyLock<Vec<String>> = LazyLock::new(|| ["start", "end"].map(str::to_owned).into());

/// Questions with the windows of their contexts. The windows of a question are its sequences: they share a batch, and each
/// counts as much as any other window.
#[derive(Debug, Clone)]
pub struct QuestionAnswering {
    what: &'static str,
    questions: Vec<Asked>,
}

#[derive(Debug, Clone)]
struct Asked {
    windows: Vec<Encoding>,
    /// Of each window the first and last token of the answer; twice the first token where it does not have it.
    spans: Vec<u32>,
    context: String,
    /// The right answers; none if there is none.
    answers: Vec<String>,
}

/// What was found for a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Answering {
    /// Pieces of the context, the most probable first: at least one, unless nothing is in the context.
    pub answers: Vec<AnswerSpan>,
    /// The probability that there is no answer, where the adapter has learned that there may be none.
    pub no_answer: Option<f32>,
    /// Whether the first of the pieces is the answer, and not that there is none.
    pub is_answered: bool,
    /// Why to take it with care.
    pub warnings: Vec<Warning>,
}

impl Answering {
    /// Of the logits of a question's windows. With a threshold, there is no answer where that is more probable beside the
    /// best one.
    pub fn new(windows: &[Encoding], output: Rows<'_>, options: SpanOptions, threshold: Option<f64>) -> Self {
        let spans = Spans::of(windows, output, options);
        let doubt = spans.doubt();
        let is_answered = spans.first().is_some() && threshold.is_none_or(|threshold| doubt <= threshold);
        let (answers, no_answer) = spans.probabilities(threshold.is_some());
        Self { answers, no_answer, is_answered, warnings: Warning::of(windows) }
    }

    /// The answer; `None` if there is none.
    pub fn best(&self) -> Option<&AnswerSpan> {
        self.answers.first().filter(|_| self.is_answered)
    }
}

/// The windows of a question's context: each has a third of `max_length` in common with the one before, as 128 of 384 in
/// transformers' examples. Of a context that needs more than `most`, as many that lie evenly over it.
///
/// # Errors
/// If `max_length` is too small, or the tokenizer knows no pairs.
pub fn windows(
    tokenizer: &Tokenizer,
    question: &str,
    context: &str,
    max_length: usize,
    most: usize,
) -> graftwork_text::Result<Vec<Encoding>> {
    tokenizer.encode_windows(question, context, max_length, (max_length / 3, most))
}

/// Contexts are read in windows whatever is chosen.
///
/// # Errors
/// If something is chosen.
pub fn check_long_texts(long_texts: LongTexts) -> Result<()> {
    if long_texts == LongTexts::First {
        return Ok(());
    }
    let must = format!("be left out for {}: contexts are always read in windows", INFO.name);
    Err(Error::Setting { setting: "long_texts", must })
}

impl Labelled for QuestionDataset {
    fn labels(&self) -> &[String] {
        &LABELS
    }

    fn encode(&self, how: &Tokenizing<'_>) -> Result<Box<dyn Examples>> {
        let Tokenizing { what, tokenizer, max_length, long_texts } = *how;
        check_long_texts(long_texts)?;
        let asked = |question: &graftwork_text::Question| {
            let context = &question.context;
            let windows = windows(tokenizer, &question.question, context, max_length, LongTexts::MOST_WINDOWS)?;
            let span = |window| question.answers.first().and_then(|answer| answer_tokens(window, answer));
            let spans = windows.iter().flat_map(|window| span(window).unwrap_or([0; 2])).collect();
            let text = |bytes: &Range<usize>| context[bytes.clone()].to_owned();
            let answers = question.answers.iter().map(text).collect();
            Ok(Asked { windows, spans, context: context.clone(), answers })
        };
        let questions: Vec<_> = self.questions.iter().map(asked).collect::<Result<_>>()?;
        if questions.is_empty() {
            return Err(Error::NoExamples { what });
        }
        Ok(Box::new(QuestionAnswering { what, questions }))
    }

    fn digest(&self, add: &mut dyn FnMut(&[u8])) {
        for question in &self.questions {
            [&question.question, &question.context].into_iter().for_each(|text| {
                add(&text.len().to_le_bytes());
                add(text.as_bytes());
            });
            add(&question.answers.len().to_le_bytes());
            question
                .answers
                .iter()
                .for_each(|bytes| add(&[bytes.start.to_le_bytes(), bytes.end.to_le_bytes()].concat()));
        }
    }
}

impl Examples for QuestionAnswering {
    fn info(&self) -> &'static TaskInfo {
        &INFO
    }

    fn len(&self) -> usize {
        self.questions.len()
    }

    fn sequences(&self, example: usize) -> &[Encoding] {
        &self.questions[example].windows
    }

    fn subset(&self, what: &'static str, chosen: &[usize]) -> Box<dyn Examples> {
        Box::new(Self { what, questions: chosen.iter().map(|example| self.questions[*example].clone()).collect() })
    }

    fn for_head(&self, head: &HeadConfig) -> Result<Box<dyn Task + '_>> {
        INFO.check(head)?;
        Ok(Box::new(ForHead { questions: &self.questions, threshold: None }))
    }

    fn note(&self) -> Option<String> {
        let is_cut = |asked: &&Asked| !asked.answers.is_empty() && asked.spans.iter().all(|token| *token == 0);
        let cut = self.questions.iter().filter(is_cut).count();
        (cut > 0).then(|| {
            format!(
                "{cut} of the {} questions of the {} data have an answer that no window has as a whole: there, it is \
                 learned that there is none",
                self.questions.len(),
                self.what
            )
        })
    }
}

/// There is nothing about a head that the data depends on.
struct ForHead<'a> {
    questions: &'a [Asked],
    /// What the adapter knows: above which doubt there is no answer.
    threshold: Option<f64>,
}

impl Asked {
    fn lengths(&self) -> impl Iterator<Item = usize> {
        self.windows.iter().map(Encoding::len)
    }
}

impl Task for ForHead<'_> {
    fn targets(&self, device: &Device, examples: &[usize]) -> Box<dyn Targets> {
        let asked = || examples.iter().map(|example| &self.questions[*example]);
        let lengths: Vec<usize> = asked().flat_map(Asked::lengths).collect();
        let spans: Vec<u32> = asked().flat_map(|asked| &asked.spans).copied().collect();
        Box::new(SegmentTargets::new(device, &lengths, &spans, LABELS.len()))
    }

    fn positions(&self, examples: &[usize]) -> usize {
        examples.iter().map(|example| self.questions[*example].spans.len()).sum()
    }

    fn judge(&self, example: usize, output: Rows<'_>) -> Judged {
        let asked = &self.questions[example];
        let spans = Spans::of(&asked.windows, output, SpanOptions::default());
        let text = spans.first().map_or_else(String::new, |bytes| asked.context[bytes].to_owned());
        Judged {
            answer: Answer::Said(Said { text, doubt: spans.doubt() }),
            loss: cross_entropy_of(output, &asked.lengths().collect::<Vec<_>>(), &asked.spans),
            positions: asked.spans.len(),
        }
    }

    fn set_thresholds(&mut self, thresholds: &[f64]) {
        self.threshold = thresholds.first().copied();
    }

    /// Where some questions have no answer and no threshold is known, at that of the best F1.
    fn metrics(&self, answers: &[Answer]) -> Metrics {
        let (truths, said) = (self.truths(), said(answers));
        let threshold = self.threshold.or_else(|| best_threshold(&truths, &said)).unwrap_or(1.0);
        of_answers(&truths, &said, threshold)
    }

    fn choose_thresholds(&self, answers: &[Answer], _: Thresholds) -> Vec<f64> {
        best_threshold(&self.truths(), &said(answers)).map(|threshold| threshold.max(0.0)).into_iter().collect()
    }
}

impl ForHead<'_> {
    fn truths(&self) -> Vec<Vec<String>> {
        self.questions.iter().map(|asked| asked.answers.clone()).collect()
    }
}

fn said(answers: &[Answer]) -> Vec<Said> {
    let said = |answer: &Answer| if let Answer::Said(said) = answer { Some(said.clone()) } else { None };
    answers.iter().filter_map(said).collect()
}
