//! Text in, labels, tags or vectors out.

use std::ops::Range;

use graftwork_tensor::ops::pool::Pool;
use graftwork_tensor::{Tape, Var};
use graftwork_text::Encoding;
use graftwork_train::Examples;
use graftwork_train::evaluate::{Evaluation, evaluate};
use graftwork_train::metrics::Scheme;
use graftwork_train::predict::{Rows, predict, predict_head};
use graftwork_train::tasks::{Classification, Tagging, TaskInfo, text_classification, token_classification};

use crate::{Adapter, Backbone, Error, Result};

/// Which vector stands for a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// The mean over all tokens, special ones included, as sentence-transformers computes it.
    Mean,
    /// The first token's.
    Cls,
    /// The backbone's pooler over the first token.
    Pooler,
    /// One vector for each token.
    None,
}

/// How texts become vectors.
#[derive(Debug, Clone, Copy)]
pub struct EmbedOptions<'a> {
    /// With this adapter's modules in the backbone.
    pub adapter: Option<&'a Adapter>,
    /// Tokens after which a text is cut; `None` is as many as the backbone takes.
    pub max_length: Option<usize>,
    /// Which vector.
    pub pooling: Pooling,
    /// Whether each vector is scaled to length 1.
    pub normalize: bool,
}

impl Default for EmbedOptions<'_> {
    fn default() -> Self {
        Self { adapter: None, max_length: None, pooling: Pooling::Mean, normalize: false }
    }
}

impl Backbone {
    /// Classifies texts, in input order. `max_length` defaults to that of the adapter's training, else to what the
    /// backbone takes. `progress` gets the fraction done.
    ///
    /// # Errors
    /// If the adapter's head does not classify texts, or the device fails.
    pub async fn classify<S: AsRef<str>>(
        &self,
        adapter: &Adapter,
        texts: &[S],
        max_length: Option<usize>,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Vec<Classification>> {
        let labels = labels_of(adapter, &text_classification::INFO)?;
        let encodings = self.encode(texts, max_length.or(adapter.max_length()))?;
        let examples: Vec<&[Encoding]> = encodings.chunks(1).collect();
        let read = |_, rows: Rows<'_>| Classification::new(&labels, rows);
        Ok(predict_head(self.model(), &adapter.model, &examples, read, progress).await?)
    }

    /// Tags the words of texts, as the tokenizer splits them, in input order; spans are bytes of the text. Otherwise as
    /// [`Backbone::classify`].
    ///
    /// # Errors
    /// If the adapter's head does not tag words, or the device fails.
    pub async fn tag<S: AsRef<str>>(
        &self,
        adapter: &Adapter,
        texts: &[S],
        max_length: Option<usize>,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Vec<Tagging>> {
        let encodings = self.encode(texts, max_length.or(adapter.max_length()))?;
        let spans = |(text, encoding): (&S, &Encoding)| match encoding.truncated {
            false => Ok(spans_of(encoding)),
            // The words that were cut off count too.
            true => Ok(spans_of(&self.tokenizer().encode(text.as_ref(), usize::MAX)?)),
        };
        let spans = texts.iter().zip(&encodings).map(spans).collect::<Result<Vec<_>>>()?;
        self.tags_of(adapter, &encodings, &spans, progress).await
    }

    /// The same of texts that are already split into words; spans are bytes of the words with single spaces between.
    ///
    /// # Errors
    /// As [`Backbone::tag`].
    pub async fn tag_words<W: AsRef<[String]>>(
        &self,
        adapter: &Adapter,
        texts: &[W],
        max_length: Option<usize>,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Vec<Tagging>> {
        let encodings = self.encode_words(texts, max_length.or(adapter.max_length()))?;
        let spans: Vec<_> = texts.iter().map(|words| spans_of_joined(words.as_ref())).collect();
        self.tags_of(adapter, &encodings, &spans, progress).await
    }

    async fn tags_of(
        &self,
        adapter: &Adapter,
        encodings: &[Encoding],
        spans: &[Vec<Range<usize>>],
        progress: &mut dyn FnMut(f64),
    ) -> Result<Vec<Tagging>> {
        let labels = labels_of(adapter, &token_classification::INFO)?;
        let scheme = Scheme::new(&labels);
        let examples: Vec<&[Encoding]> = encodings.chunks(1).collect();
        let read = |i: usize, rows: Rows<'_>| Tagging::new(&labels, &scheme, &encodings[i], &spans[i], rows);
        Ok(predict_head(self.model(), &adapter.model, &examples, read, progress).await?)
    }

    /// Vectors of texts, in input order: for each text one row of D numbers, or one for each token with
    /// [`Pooling::None`].
    ///
    /// # Errors
    /// If the pooler is asked for and the backbone has none, or the device fails.
    pub async fn embed<S: AsRef<str>>(
        &self,
        texts: &[S],
        options: EmbedOptions<'_>,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Vec<Vec<Vec<f32>>>> {
        let model = self.model();
        if options.pooling == Pooling::Pooler && !model.has_pooler() {
            let must = "not be `pooler`: this backbone's weights have none".to_owned();
            return Err(Error::Setting { setting: "pooling", must });
        }
        let encodings = self.encode(texts, options.max_length)?;
        let examples: Vec<&[Encoding]> = encodings.chunks(1).collect();
        let vectors = |tape: &mut Tape, hidden: Var, batch: &graftwork_model::Batch| match options.pooling {
            Pooling::None => hidden,
            Pooling::Mean => tape.pool(&hidden, batch.sequences(), Pool::Mean),
            Pooling::Cls => tape.pool(&hidden, batch.sequences(), Pool::First),
            Pooling::Pooler => {
                let first = tape.pool(&hidden, batch.sequences(), Pool::First);
                model.pooler(tape, &first)
            }
        };
        let read = |_, rows: Rows<'_>| rows.iter().map(|row| finished(row, options.normalize)).collect();
        Ok(predict(model, options.adapter.map(|a| &a.model), &examples, vectors, read, progress).await?)
    }

    /// Predicts examples and compares with their truth.
    ///
    /// # Errors
    /// If the adapter has no head, its head is of another task or lacks a label of the data, or the device fails.
    pub async fn evaluate(
        &self,
        adapter: &Adapter,
        examples: &dyn Examples,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Evaluation> {
        Ok(evaluate(self.model(), &adapter.model, examples, progress).await?)
    }
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
fn spans_of_joined(words: &[String]) -> Vec<Range<usize>> {
    let mut start = 0;
    let span = |word: &String| {
        let span = start..start + word.len();
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
