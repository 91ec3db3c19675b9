//! Text in, vectors out.

use graftwork_model::{Batch, HeadPooling, Hidden};
use graftwork_tensor::{OnProgress, Tape};
use graftwork_text::{Encoding, LongTexts};
use graftwork_train::predict::{Rows, predict};

use crate::{Adapter, Backbone, Call, Error, Result, TextLimit};

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

impl From<Pooling> for HeadPooling {
    fn from(pooling: Pooling) -> Self {
        match pooling {
            Pooling::Mean => Self::Mean,
            Pooling::Cls => Self::First,
            Pooling::Pooler => Self::Pooler,
        }
    }
}

/// How texts become vectors.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct EmbedOptions {
    max_length: Option<usize>,
    long_texts: Option<LongTexts>,
    pooling: Pooling,
    normalize: bool,
}

impl<T> Call<'_, EmbedOptions, T> {
    /// Tokens after which a text is cut. Default: the longest text of the adapter's training, or else what the backbone
    /// takes.
    pub fn max_length(self, tokens: impl Into<Option<usize>>) -> Self {
        self.with(|options| options.max_length = tokens.into())
    }

    /// What is read of a longer text. Default: what the adapter's training read, or its first tokens; first tokens where
    /// each token has its vector, which windows don't allow.
    pub fn long_texts(self, choice: impl Into<Option<LongTexts>>) -> Self {
        self.with(|options| options.long_texts = choice.into())
    }

    /// Whether each vector is scaled to length 1. Default: no.
    pub fn normalize(self, normalize: bool) -> Self {
        self.with(|options| options.normalize = normalize)
    }
}

impl Call<'_, EmbedOptions, Vec<Vec<f32>>> {
    /// Which vector stands for a text; of windows, the mean of theirs does. Default: the mean.
    pub fn pooling(self, pooling: Pooling) -> Self {
        self.with(|options| options.pooling = pooling)
    }
}

impl Adapter {
    /// As [`Backbone::embed`], with this adapter's modules in the backbone.
    ///
    /// # Errors
    /// As [`Backbone::embed`].
    pub fn embed<'a, S: AsRef<str> + Sync>(&'a self, texts: &'a [S]) -> Call<'a, EmbedOptions, Vec<Vec<f32>>> {
        embed(self.backbone(), Some(self), texts)
    }

    /// As [`Backbone::similarity`], with this adapter's modules in the backbone.
    ///
    /// # Errors
    /// As [`Backbone::similarity`].
    pub fn similarity<'a, A: AsRef<str> + Sync, B: AsRef<str> + Sync>(
        &'a self,
        pairs: &'a [(A, B)],
    ) -> Call<'a, EmbedOptions, Vec<f32>> {
        similarity(self.backbone(), Some(self), pairs)
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
}

impl Backbone {
    /// A vector of D numbers for each text, in input order.
    ///
    /// # Errors
    /// If the pooler is asked for and the backbone has none, or the device fails.
    pub fn embed<'a, S: AsRef<str> + Sync>(&'a self, texts: &'a [S]) -> Call<'a, EmbedOptions, Vec<Vec<f32>>> {
        embed(self, None, texts)
    }

    /// How similar two texts are, pair by pair in input order: the cosine of their vectors, from -1 to 1. Each text is read on
    /// its own; an adapter for [`regression`](crate::regression) or classification that was trained on pairs reads both
    /// together.
    ///
    /// # Errors
    /// If the device fails.
    pub fn similarity<'a, A: AsRef<str> + Sync, B: AsRef<str> + Sync>(
        &'a self,
        pairs: &'a [(A, B)],
    ) -> Call<'a, EmbedOptions, Vec<f32>> {
        similarity(self, None, pairs)
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

/// The cosine of the vectors of two texts, pair by pair: their means, as [`Backbone::embed`] gives them.
fn similarity<'a, A: AsRef<str> + Sync, B: AsRef<str> + Sync>(
    backbone: &'a Backbone,
    adapter: Option<&'a Adapter>,
    pairs: &'a [(A, B)],
) -> Call<'a, EmbedOptions, Vec<f32>> {
    Call::new(EmbedOptions::default(), move |options: EmbedOptions, mut progress| async move {
        let texts: Vec<&str> = pairs.iter().flat_map(|(a, b)| [a.as_ref(), b.as_ref()]).collect();
        let options = EmbedOptions { normalize: true, ..options };
        let pooling = Some(options.pooling);
        let rows = vectors((backbone, adapter), &texts, &options, pooling, &mut progress).await?;
        let vectors: Vec<Vec<f32>> = rows.into_iter().flatten().collect();
        let cosine = |pair: &[Vec<f32>]| pair[0].iter().zip(&pair[1]).map(|(a, b)| a * b).sum();
        Ok(vectors.chunks(2).map(cosine).collect())
    })
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
    let long_texts = options.long_texts.or(pooling.is_none().then_some(LongTexts::First));
    let limit = match adapter {
        Some(adapter) => adapter.limit(options.max_length, long_texts)?,
        None => TextLimit { max_length: options.max_length, long_texts: long_texts.unwrap_or_default() },
    };
    if pooling.is_none() && limit.long_texts == LongTexts::Windows {
        let must = "not be `windows` where each token has its vector: windows have tokens in common".to_owned();
        return Err(Error::Setting { setting: "long_texts", must });
    }
    let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    let texts = backbone.encode_long(&texts, limit)?;
    let examples: Vec<&[Encoding]> = texts.iter().map(Vec::as_slice).collect();
    let output = |tape: &mut Tape, hidden: Hidden, batch: &Batch| match pooling {
        None => hidden.last().clone(),
        Some(pooling) => model.pool(tape, hidden.last(), batch, pooling.into()),
    };
    let read = |_, rows: Rows<'_>| rows.iter().map(|row| finished(row, options.normalize)).collect();
    Ok(predict(model, adapter.map(Adapter::model), &examples, (&[], output), read, progress).await?)
}

fn finished(row: &[f32], normalize: bool) -> Vec<f32> {
    let length = row.iter().map(|v| v * v).sum::<f32>().sqrt();
    // As PyTorch's `normalize`: a vector of zeros stays one.
    let scale = if normalize { 1.0 / length.max(1e-12) } else { 1.0 };
    row.iter().map(|v| v * scale).collect()
}
