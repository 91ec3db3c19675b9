//! Text in, labels or tags out.

use std::ops::Range;

use graftwork_model::Knowledge;
use graftwork_tensor::{MaybeSend, OnProgress};
use graftwork_text::{AsText, Encoding, LongTexts};
use graftwork_train::Warning;
use graftwork_train::evaluate::{Evaluation, calibrate, choose_thresholds, evaluate};
use graftwork_train::metrics::{Metrics, Scheme};
use graftwork_train::predict::{Rows, predict_head, predict_texts};
use graftwork_train::tasks::{
    Classification, LabelSet, Reading, Scored, Tagging, TaskInfo, Thresholds, multi_label_classification, regression,
    text_classification, token_classification,
};

use crate::{Adapter, Call, Error, Examples, Result};

/// How texts are predicted.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct TextOptions {
    pub(crate) max_length: Option<usize>,
    pub(crate) long_texts: Option<LongTexts>,
    pub(crate) threshold: Option<f64>,
    pub(crate) top_k: Option<usize>,
}

impl Call<'_, TextOptions, Vec<Classification>> {
    /// Below which probability an answer gets the warning [`Unsure`](graftwork_train::Warning::Unsure), from 0 to 1.
    /// Default: what is kept in the adapter, or else none.
    pub fn threshold(self, probability: impl Into<Option<f64>>) -> Self {
        self.with(|options| options.threshold = probability.into())
    }
}

impl Call<'_, TextOptions, Vec<LabelSet>> {
    /// From which probability on a label is given, from 0 to 1. Default: what is kept in the adapter, or else a half.
    pub fn threshold(self, probability: impl Into<Option<f64>>) -> Self {
        self.with(|options| options.threshold = probability.into())
    }
}

impl<T> Call<'_, TextOptions, T> {
    /// Tokens after which a text is cut. Default: the longest text of the adapter's training, or else what the backbone
    /// takes.
    pub fn max_length(self, tokens: impl Into<Option<usize>>) -> Self {
        self.with(|options| options.max_length = tokens.into())
    }

    /// What is read of a longer text. Default: what the adapter's training read. Where words are tagged, only first tokens
    /// can be.
    pub fn long_texts(self, choice: impl Into<Option<LongTexts>>) -> Self {
        self.with(|options| options.long_texts = choice.into())
    }
}

impl Adapter {
    /// Classifies texts, or pairs of texts, in input order: `&["a text"]` or `&[("a premise", "a hypothesis")]`.
    ///
    /// # Errors
    /// If the adapter's head does not classify texts, more than first tokens of a pair are to be read, or the device fails.
    pub fn classify<'a, T: AsText + Sync>(&'a self, texts: &'a [T]) -> Call<'a, TextOptions, Vec<Classification>> {
        Call::new(TextOptions::default(), move |options: TextOptions, mut progress| async move {
            let labels = labels_of(self, &text_classification::INFO)?;
            let reading = reading(&labels, self.description().metadata.knowledge.as_ref(), options.threshold)?;
            let texts = self.backbone().encode_long(texts, self.limit(options.max_length, options.long_texts)?)?;
            let examples: Vec<&[Encoding]> = texts.iter().map(Vec::as_slice).collect();
            let read =
                |i: usize, logits: &[f32], features: &[f32]| reading.answer(logits, features, Warning::of(examples[i]));
            let (model, with_features) = (self.backbone().model(), reading.takes_features());
            Ok(predict_texts(model, self.model(), &examples, with_features, read, &mut progress).await?)
        })
    }

    /// Gives texts, or pairs of texts, all labels that fit, in input order.
    ///
    /// # Errors
    /// If the adapter's head does not give several labels, or as [`Adapter::classify`].
    pub fn classify_multi_label<'a, T: AsText + Sync>(
        &'a self,
        texts: &'a [T],
    ) -> Call<'a, TextOptions, Vec<LabelSet>> {
        Call::new(TextOptions::default(), move |options: TextOptions, mut progress| async move {
            let labels = labels_of(self, &multi_label_classification::INFO)?;
            check_threshold(options.threshold)?;
            let thresholds = match options.threshold {
                Some(threshold) => vec![threshold],
                None => self.description().metadata.thresholds.clone(),
            };
            let texts = self.backbone().encode_long(texts, self.limit(options.max_length, options.long_texts)?)?;
            let examples: Vec<&[Encoding]> = texts.iter().map(Vec::as_slice).collect();
            let read =
                |i: usize, rows: Rows<'_>| LabelSet::new(&labels, rows.row(0), &thresholds, Warning::of(examples[i]));
            self.predict(&examples, read, &mut progress).await
        })
    }

    /// Gives texts, or pairs of texts, their numbers, in input order.
    ///
    /// # Errors
    /// If the adapter's head gives no numbers, or as [`Adapter::classify`].
    pub fn score<'a, T: AsText + Sync>(&'a self, texts: &'a [T]) -> Call<'a, TextOptions, Vec<Scored>> {
        Call::new(TextOptions::default(), move |options: TextOptions, mut progress| async move {
            labels_of(self, &regression::INFO)?;
            let texts = self.backbone().encode_long(texts, self.limit(options.max_length, options.long_texts)?)?;
            let examples: Vec<&[Encoding]> = texts.iter().map(Vec::as_slice).collect();
            let read = |i: usize, rows: Rows<'_>| Scored { score: rows.row(0)[0], warnings: Warning::of(examples[i]) };
            self.predict(&examples, read, &mut progress).await
        })
    }

    /// Tags the words of texts, as the tokenizer splits them, in input order; spans are bytes of the text.
    ///
    /// # Errors
    /// If the adapter's head does not tag words, or the device fails.
    pub fn tag<'a, S: AsRef<str> + Sync>(&'a self, texts: &'a [S]) -> Call<'a, TextOptions, Vec<Tagging>> {
        Call::new(TextOptions::default(), move |options: TextOptions, mut progress| async move {
            let encodings = self.backbone().encode(texts, self.tagging_length(&options)?)?;
            let spans = |(text, encoding): (&S, &Encoding)| match encoding.of.is_truncated() {
                false => Ok(encoding.words()),
                // The words that were cut off count too.
                true => Ok(self.backbone().tokenizer().encode(text.as_ref(), usize::MAX)?.words()),
            };
            let spans = texts.iter().zip(&encodings).map(spans).collect::<Result<Vec<_>>>()?;
            self.tags_of(&encodings, &spans, &mut progress).await
        })
    }

    /// The same of texts that are already split into words; spans are bytes of the words with single spaces between.
    ///
    /// # Errors
    /// As [`Adapter::tag`].
    pub fn tag_words<'a, W: AsRef<[S]> + Sync, S: AsRef<str>>(
        &'a self,
        texts: &'a [W],
    ) -> Call<'a, TextOptions, Vec<Tagging>> {
        Call::new(TextOptions::default(), move |options: TextOptions, mut progress| async move {
            let encodings = self.backbone().encode_words(texts, self.tagging_length(&options)?)?;
            let spans: Vec<_> = texts.iter().map(|words| spans_of_joined(words.as_ref())).collect();
            self.tags_of(&encodings, &spans, &mut progress).await
        })
    }

    /// Predicts examples and compares with their truth.
    ///
    /// # Errors
    /// If the adapter has no head, its head is of another task or lacks a label of the data, the data was tokenised for
    /// another backbone, or the device fails.
    pub fn evaluate<'a>(&'a self, examples: &'a Examples) -> Call<'a, (), Evaluation> {
        Call::new((), move |(), mut progress| async move {
            let examples = examples.for_backbone(self.backbone())?;
            Ok(evaluate(self.backbone().model(), self.model(), examples, &mut progress).await?)
        })
    }

    /// Predicts examples that the adapter has not learned from, compares with their truth, and gives what that tells of its
    /// answers: a temperature, what thresholds cost, what is familiar. To be kept in
    /// [`Metadata::knowledge`](crate::Metadata::knowledge). `None` where examples do not have one label each.
    ///
    /// # Errors
    /// As [`Adapter::evaluate`].
    pub fn calibrate<'a>(&'a self, examples: &'a Examples) -> Call<'a, (), (Evaluation, Option<Knowledge>)> {
        Call::new((), move |(), mut progress| async move {
            let examples = examples.for_backbone(self.backbone())?;
            Ok(calibrate(self.backbone().model(), self.model(), examples, &mut progress).await?)
        })
    }

    /// The thresholds at which the answers would be worth most on examples that the adapter has not learned from: where a text
    /// may have several labels, or a question no answer. To be kept in
    /// [`Metadata::thresholds`](crate::Metadata::thresholds), with what the answers are worth there. None where nothing is
    /// decided by any.
    ///
    /// # Errors
    /// As [`Adapter::evaluate`].
    pub fn choose_thresholds<'a>(
        &'a self,
        examples: &'a Examples,
        choice: Thresholds,
    ) -> Call<'a, (), (Vec<f64>, Metrics)> {
        Call::new((), move |(), mut progress| async move {
            let examples = examples.for_backbone(self.backbone())?;
            let model = self.backbone().model();
            Ok(choose_thresholds(model, self.model(), examples, choice, &mut progress).await?)
        })
    }

    /// The limit of texts whose words are tagged.
    fn tagging_length(&self, options: &TextOptions) -> Result<Option<usize>> {
        let limit = self.limit(options.max_length, options.long_texts)?;
        token_classification::INFO.check_long_texts(limit.long_texts)?;
        Ok(limit.max_length)
    }

    async fn tags_of(
        &self,
        encodings: &[Encoding],
        spans: &[Vec<Range<usize>>],
        progress: &mut OnProgress<'_>,
    ) -> Result<Vec<Tagging>> {
        let labels = labels_of(self, &token_classification::INFO)?;
        let scheme = Scheme::new(&labels);
        let examples: Vec<&[Encoding]> = encodings.chunks(1).collect();
        let read = |i: usize, rows: Rows<'_>| {
            Tagging::new(&labels, &scheme, &encodings[i], &spans[i], rows, Warning::of(examples[i]))
        };
        self.predict(&examples, read, progress).await
    }

    pub(crate) async fn predict<T: MaybeSend>(
        &self,
        examples: &[&[Encoding]],
        read: impl FnMut(usize, Rows<'_>) -> T + MaybeSend,
        progress: &mut OnProgress<'_>,
    ) -> Result<Vec<T>> {
        Ok(predict_head(self.backbone().model(), self.model(), examples, read, progress).await?)
    }
}

/// How answers are read; `threshold` is asked for, else the adapter's own is taken.
pub(crate) fn reading<'a>(
    labels: &'a [String],
    knowledge: Option<&'a Knowledge>,
    threshold: Option<f64>,
) -> Result<Reading<'a>> {
    check_threshold(threshold)?;
    let threshold = threshold.or_else(|| knowledge.and_then(|knowledge| knowledge.threshold));
    Ok(Reading { labels, knowledge, threshold })
}

pub(crate) fn check_threshold(threshold: Option<f64>) -> Result<()> {
    if threshold.is_some_and(|threshold| !(0.0..=1.0).contains(&threshold)) {
        return Err(Error::Setting { setting: "threshold", must: "be a probability, from 0 to 1".to_owned() });
    }
    Ok(())
}

/// The labels of an adapter's head, which must be for that task.
pub(crate) fn labels_of(adapter: &Adapter, task: &TaskInfo) -> Result<Vec<String>> {
    let head = adapter.description().head.as_ref().ok_or(graftwork_train::Error::NoHead)?;
    task.check(head)?;
    Ok(head.label_names())
}

/// The bytes of each word when they stand in a line with single spaces between.
fn spans_of_joined<S: AsRef<str>>(words: &[S]) -> Vec<Range<usize>> {
    let mut start = 0;
    let span = |word: &S| {
        let span = start..start + word.as_ref().len();
        start = span.end + 1;
        span
    };
    words.iter().map(span).collect()
}
