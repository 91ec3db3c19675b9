//! Text in, labels, tags or vectors out.

use std::ops::Range;

use graftwork_model::Batch;
use graftwork_tensor::ops::pool::Pool;
use graftwork_tensor::{OnProgress, Tape, Var};
use graftwork_text::Encoding;
use graftwork_train::evaluate::{Evaluation, evaluate};
use graftwork_train::metrics::Scheme;
use graftwork_train::predict::{Rows, predict, predict_head};
use graftwork_train::tasks::{Classification, Tagging, TaskInfo, text_classification, token_classification};

use crate::{Adapter, Backbone, Call, Error, Examples, Result};

/// How texts are predicted.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct TextOptions {
    max_length: Option<usize>,
}

impl<T> Call<'_, TextOptions, T> {
    /// Tokens after which a text is cut. Default: the longest text of the adapter's training, or else what the backbone
    /// takes.
    pub fn max_length(self, tokens: impl Into<Option<usize>>) -> Self {
        self.with(|options| options.max_length = tokens.into())
    }
}

/// Which vector stands for a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pooling {
    /// The mean over all tokens, special ones included, as sentence-transformers computes it.
    #[default]
    Mean,
    /// The first token's.
    Cls,
    /// The backbone's pooler over the first token.
    Pooler,
}

/// How texts become vectors.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct EmbedOptions {
    max_length: Option<usize>,
    pooling: Pooling,
    normalize: bool,
}

impl<T> Call<'_, EmbedOptions, T> {
    /// Tokens after which a text is cut. Default: the longest text of the adapter's training, or else what the backbone
    /// takes.
    pub fn max_length(self, tokens: impl Into<Option<usize>>) -> Self {
        self.with(|options| options.max_length = tokens.into())
    }

    /// Whether each vector is scaled to length 1. Default: no.
    pub fn normalize(self, normalize: bool) -> Self {
        self.with(|options| options.normalize = normalize)
    }
}

impl Call<'_, EmbedOptions, Vec<Vec<f32>>> {
    /// Which vector stands for a text. Default: the mean.
    pub fn pooling(self, pooling: Pooling) -> Self {
        self.with(|options| options.pooling = pooling)
    }
}

impl Adapter {
    /// Classifies texts, in input order.
    ///
    /// # Errors
    /// If the adapter's head does not classify texts, or the device fails.
    pub fn classify<'a, S: AsRef<str> + Sync>(&'a self, texts: &'a [S]) -> Call<'a, TextOptions, Vec<Classification>> {
        Call::new(TextOptions::default(), move |options: TextOptions, mut progress| async move {
            let labels = labels_of(self, &text_classification::INFO)?;
            let encodings = self.backbone().encode(texts, options.max_length.or(self.max_length()))?;
            let read = |_, rows: Rows<'_>| Classification::new(&labels, rows, Vec::new());
            self.predict(&encodings, read, &mut progress).await
        })
    }

    /// Tags the words of texts, as the tokenizer splits them, in input order; spans are bytes of the text.
    ///
    /// # Errors
    /// If the adapter's head does not tag words, or the device fails.
    pub fn tag<'a, S: AsRef<str> + Sync>(&'a self, texts: &'a [S]) -> Call<'a, TextOptions, Vec<Tagging>> {
        Call::new(TextOptions::default(), move |options: TextOptions, mut progress| async move {
            let encodings = self.backbone().encode(texts, options.max_length.or(self.max_length()))?;
            let spans = |(text, encoding): (&S, &Encoding)| match encoding.of.is_truncated() {
                false => Ok(spans_of(encoding)),
                // The words that were cut off count too.
                true => Ok(spans_of(&self.backbone().tokenizer().encode(text.as_ref(), usize::MAX)?)),
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
            let encodings = self.backbone().encode_words(texts, options.max_length.or(self.max_length()))?;
            let spans: Vec<_> = texts.iter().map(|words| spans_of_joined(words.as_ref())).collect();
            self.tags_of(&encodings, &spans, &mut progress).await
        })
    }

    /// As [`Backbone::embed`], with this adapter's modules in the backbone.
    ///
    /// # Errors
    /// As [`Backbone::embed`].
    pub fn embed<'a, S: AsRef<str> + Sync>(&'a self, texts: &'a [S]) -> Call<'a, EmbedOptions, Vec<Vec<f32>>> {
        embed(self.backbone(), Some(self), texts)
    }

    /// As [`Backbone::embed_tokens`], with this adapter's modules in the backbone.
    ///
    /// # Errors
    /// As [`Backbone::embed_tokens`].
    pub fn embed_tokens<'a, S: AsRef<str> + Sync>(
        &'a self,
        texts: &'a [S],
    ) -> Call<'a, EmbedOptions, Vec<Vec<Vec<f32>>>> {
        embed_tokens(self.backbone(), Some(self), texts)
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

    async fn tags_of(
        &self,
        encodings: &[Encoding],
        spans: &[Vec<Range<usize>>],
        progress: &mut OnProgress<'_>,
    ) -> Result<Vec<Tagging>> {
        let labels = labels_of(self, &token_classification::INFO)?;
        let scheme = Scheme::new(&labels);
        let read =
            |i: usize, rows: Rows<'_>| Tagging::new(&labels, &scheme, &encodings[i], &spans[i], rows, Vec::new());
        self.predict(encodings, read, progress).await
    }

    async fn predict<T>(
        &self,
        encodings: &[Encoding],
        read: impl FnMut(usize, Rows<'_>) -> T,
        progress: &mut OnProgress<'_>,
    ) -> Result<Vec<T>> {
        let examples: Vec<&[Encoding]> = encodings.chunks(1).collect();
        Ok(predict_head(self.backbone().model(), self.model(), &examples, read, progress).await?)
    }
}

impl Backbone {
    /// A vector of D numbers for each text, in input order.
    ///
    /// # Errors
    /// If the pooler is asked for and the backbone has none, or the device fails.
    pub fn embed<'a, S: AsRef<str> + Sync>(&'a self, texts: &'a [S]) -> Call<'a, EmbedOptions, Vec<Vec<f32>>> {
        embed(self, None, texts)
    }

    /// A vector of D numbers for each token of each text, special tokens included, in input order.
    ///
    /// # Errors
    /// If the device fails.
    pub fn embed_tokens<'a, S: AsRef<str> + Sync>(
        &'a self,
        texts: &'a [S],
    ) -> Call<'a, EmbedOptions, Vec<Vec<Vec<f32>>>> {
        embed_tokens(self, None, texts)
    }
}

fn embed<'a, S: AsRef<str> + Sync>(
    backbone: &'a Backbone,
    adapter: Option<&'a Adapter>,
    texts: &'a [S],
) -> Call<'a, EmbedOptions, Vec<Vec<f32>>> {
    Call::new(EmbedOptions::default(), move |options: EmbedOptions, mut progress| async move {
        let pooling = Some(options.pooling);
        let rows = vectors((backbone, adapter), texts, &options, pooling, &mut progress).await?;
        // One for each text.
        Ok(rows.into_iter().flatten().collect())
    })
}

fn embed_tokens<'a, S: AsRef<str> + Sync>(
    backbone: &'a Backbone,
    adapter: Option<&'a Adapter>,
    texts: &'a [S],
) -> Call<'a, EmbedOptions, Vec<Vec<Vec<f32>>>> {
    Call::new(EmbedOptions::default(), move |options: EmbedOptions, mut progress| async move {
        vectors((backbone, adapter), texts, &options, None, &mut progress).await
    })
}

/// Of each text the vector that `pooling` gives, or those of its tokens.
async fn vectors<S: AsRef<str>>(
    (backbone, adapter): (&Backbone, Option<&Adapter>),
    texts: &[S],
    options: &EmbedOptions,
    pooling: Option<Pooling>,
    progress: &mut OnProgress<'_>,
) -> Result<Vec<Vec<Vec<f32>>>> {
    let model = backbone.model();
    if pooling == Some(Pooling::Pooler) && !model.has_pooler() {
        let must = "not be `pooler`: this backbone's weights have none".to_owned();
        return Err(Error::Setting { setting: "pooling", must });
    }
    let encodings = backbone.encode(texts, options.max_length.or(adapter.and_then(Adapter::max_length)))?;
    let examples: Vec<&[Encoding]> = encodings.chunks(1).collect();
    let output = |tape: &mut Tape, hidden: Var, batch: &Batch| match pooling {
        None => hidden,
        Some(Pooling::Mean) => tape.pool(&hidden, batch.sequences(), Pool::Mean),
        Some(Pooling::Cls) => tape.pool(&hidden, batch.sequences(), Pool::First),
        Some(Pooling::Pooler) => {
            let first = tape.pool(&hidden, batch.sequences(), Pool::First);
            model.pooler(tape, &first)
        }
    };
    let read = |_, rows: Rows<'_>| rows.iter().map(|row| finished(row, options.normalize)).collect();
    Ok(predict(model, adapter.map(Adapter::model), &examples, output, read, progress).await?)
}

/// The labels of an adapter's head, which must be for that task.
fn labels_of(adapter: &Adapter, task: &TaskInfo) -> Result<Vec<String>> {
    let head = adapter.description().head.as_ref().ok_or(graftwork_train::Error::NoHead)?;
    task.check(head)?;
    Ok(head.label_names())
}

/// The bytes of each word.
fn spans_of(encoding: &Encoding) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    for origin in encoding.origins.iter().flatten() {
        let (start, end) = (origin.start as usize, origin.end as usize);
        // A word without tokens would have none here; it is empty, and stands before the next one.
        spans.resize((origin.word as usize + 1).max(spans.len()), start..start);
        spans[origin.word as usize].end = end;
    }
    spans
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

fn finished(row: &[f32], normalize: bool) -> Vec<f32> {
    let length = row.iter().map(|v| v * v).sum::<f32>().sqrt();
    // As PyTorch's `normalize`: a vector of zeros stays one.
    let scale = if normalize { 1.0 / length.max(1e-12) } else { 1.0 };
    row.iter().map(|v| v * scale).collect()
}
