//! Questions about passages, and texts to choose from.

use graftwork_text::{Choices, Encoding};
use graftwork_train::predict::Rows;
use graftwork_train::tasks::{Answering, Choice, SpanOptions, multiple_choice, question_answering};

use crate::predict::{TextOptions, check_threshold, labels_of};
use crate::{Adapter, Call, Error, Result};

/// How questions are answered.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct AnswerOptions {
    max_length: Option<usize>,
    top_k: Option<usize>,
    max_answer_length: Option<usize>,
    threshold: Option<f64>,
}

impl<T> Call<'_, AnswerOptions, T> {
    /// Tokens of a window, the question's included. Default: the most of the adapter's training, or else what the backbone
    /// takes.
    pub fn max_length(self, tokens: impl Into<Option<usize>>) -> Self {
        self.with(|options| options.max_length = tokens.into())
    }

    /// How many answers are given to a question, the best first. Default 1.
    pub fn top_k(self, answers: impl Into<Option<usize>>) -> Self {
        self.with(|options| options.top_k = answers.into())
    }

    /// The most tokens of an answer. Default 30.
    pub fn max_answer_length(self, tokens: impl Into<Option<usize>>) -> Self {
        self.with(|options| options.max_answer_length = tokens.into())
    }

    /// Above which probability of no answer, beside the best one, there is none, from 0 to 1. Default: what is kept in the
    /// adapter ([`Metadata::thresholds`](crate::Metadata::thresholds)); without, there is always an answer.
    pub fn threshold(self, probability: impl Into<Option<f64>>) -> Self {
        self.with(|options| options.threshold = probability.into())
    }
}

impl Adapter {
    /// Answers questions with pieces of their contexts, in input order; of each pair, the question is the first. Contexts of
    /// any length are read in overlapping windows.
    ///
    /// # Errors
    /// If the adapter's head does not answer questions, an option makes no sense, or the device fails.
    pub fn answer<'a, Q: AsRef<str> + Sync, C: AsRef<str> + Sync>(
        &'a self,
        questions: &'a [(Q, C)],
    ) -> Call<'a, AnswerOptions, Vec<Answering>> {
        Call::new(AnswerOptions::default(), move |options: AnswerOptions, mut progress| async move {
            labels_of(self, &question_answering::INFO)?;
            let (spans, threshold) = options.read(self)?;
            let max_length = self.backbone().max_length(options.max_length.or(self.max_length()))?;
            let windows = |(question, context): &(Q, C)| {
                let (question, context) = (question.as_ref(), context.as_ref());
                question_answering::windows(self.backbone().tokenizer(), question, context, max_length, usize::MAX)
            };
            let windows = questions.iter().map(windows).collect::<graftwork_text::Result<Vec<_>>>()?;
            // Each window by itself, so that a long context is not one large batch.
            let each: Vec<&[Encoding]> = windows.iter().flat_map(|own| own.chunks(1)).collect();
            let mut logits = self.predict(&each, |_, rows| rows.values.to_vec(), &mut progress).await?.into_iter();
            let answer = |own: &Vec<Encoding>| {
                let values = logits.by_ref().take(own.len()).collect::<Vec<_>>().concat();
                let mut found = Answering::new(own, Rows { values: &values, cols: 2 }, spans, threshold);
                found.answers.truncate(options.top_k.unwrap_or(1));
                found
            };
            Ok(windows.iter().map(answer).collect())
        })
    }

    /// Chooses the text that fits a prompt best, in input order. There may be as many choices as one likes, whatever
    /// number the adapter was trained with.
    ///
    /// # Errors
    /// If the adapter's head does not choose, a prompt has no choices, or the device fails.
    pub fn choose<'a>(&'a self, prompts: &'a [Choices]) -> Call<'a, TextOptions, Vec<Choice>> {
        Call::new(TextOptions::default(), move |options: TextOptions, mut progress| async move {
            labels_of(self, &multiple_choice::INFO)?;
            let limit = self.limit(options.max_length, options.long_texts)?;
            multiple_choice::INFO.check_long_texts(limit.long_texts)?;
            if prompts.iter().any(|prompt| prompt.choices.is_empty()) {
                let must = "be 1 at least of each prompt".to_owned();
                return Err(Error::Setting { setting: "the number of choices", must });
            }
            let max_length = self.backbone().max_length(limit.max_length)?;
            let pairs = |prompt| multiple_choice::pairs(self.backbone().tokenizer(), prompt, max_length);
            let pairs = prompts.iter().map(pairs).collect::<graftwork_text::Result<Vec<_>>>()?;
            let examples: Vec<&[Encoding]> = pairs.iter().map(Vec::as_slice).collect();
            let read = |i: usize, rows: Rows<'_>| Choice::new(examples[i], rows);
            self.predict(&examples, read, &mut progress).await
        })
    }
}

impl AnswerOptions {
    /// What is looked for, and above which doubt there is no answer.
    fn read(&self, adapter: &Adapter) -> Result<(SpanOptions, Option<f64>)> {
        if self.top_k == Some(0) || self.max_answer_length == Some(0) {
            let must = "be 1 at least".to_owned();
            return Err(Error::Setting { setting: "top_k and max_answer_length", must });
        }
        check_threshold(self.threshold)?;
        let default = SpanOptions::default();
        let spans = SpanOptions {
            max_answer_length: self.max_answer_length.unwrap_or(default.max_answer_length),
            n_best: default.n_best.max(self.top_k.unwrap_or(1)),
        };
        let own = adapter.description().metadata.thresholds.first().copied();
        Ok((spans, self.threshold.or(own)))
    }
}
