//! What a text is to a probe.

use graftwork_model::{Batch, Features, HeadConfig, Hidden};
use graftwork_tensor::Tape;
use graftwork_text::{AsText, Encoding, LongTexts};
use graftwork_train::Warning;
use graftwork_train::predict::{Rows, predict};

use crate::predict::TextOptions;
use crate::{Adapter, Backbone, Call, Error, Result, TextLimit};

/// The slow half of a [`Probe`](crate::Probe): texts through the backbone. What it gives can be learned and classified by
/// every probe on that backbone, at once. Clones read the same.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(crate) backbone: Backbone,
    pub(crate) adapter: Option<Adapter>,
    features: Features,
    pub(crate) limit: Option<TextLimit>,
}

/// A text as a classifier sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct TextVector {
    pub(crate) values: Vec<f32>,
    pub(crate) warnings: Vec<Warning>,
}

impl TextVector {
    /// Its numbers.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Why to take what is said of this text with care.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

impl Reader {
    pub(crate) fn new(backbone: &Backbone, adapter: Option<&Adapter>, head: &HeadConfig) -> Self {
        let features = Features::new(head, backbone.model());
        Self { backbone: backbone.clone(), adapter: adapter.cloned(), features, limit: None }
    }

    /// What the head of [`Probe::to_file`](crate::Probe::to_file) stands on, of each text in input order.
    ///
    /// # Errors
    /// If the limit is none that the backbone takes, or the device fails.
    pub fn read<'a, S: AsRef<str> + Sync>(&'a self, texts: &'a [S]) -> Call<'a, TextOptions, Vec<TextVector>> {
        Call::new(TextOptions::default(), move |options: TextOptions, mut progress| async move {
            let limit = self.limit_of(options.max_length, options.long_texts)?;
            let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
            let texts = self.backbone.encode_long(&texts, limit)?;
            let examples: Vec<&[Encoding]> = texts.iter().map(Vec::as_slice).collect();
            let (model, features) = (self.backbone.model(), &self.features);
            let output = |tape: &mut Tape, hidden: Hidden, batch: &Batch| features.of(tape, model, &hidden, batch);
            let read = |i: usize, rows: Rows<'_>| TextVector {
                values: rows.row(0).to_vec(),
                warnings: Warning::of(examples[i]),
            };
            let adapter = self.adapter.as_ref().map(Adapter::model);
            Ok(predict(model, adapter, &examples, (features.layers(), output), read, &mut progress).await?)
        })
    }

    /// What texts are whose numbers somebody else has read, one after the other: another reader of the same, with the same limit.
    ///
    /// # Errors
    /// If the limit is none that the backbone takes, or there are not as many numbers for each text.
    pub fn take<T: AsText>(
        &self,
        texts: &[T],
        (max_length, long_texts): (Option<usize>, Option<LongTexts>),
        values: &[f32],
    ) -> Result<Vec<TextVector>> {
        let texts = self.backbone.encode_long(texts, self.limit_of(max_length, long_texts)?)?;
        let size = values.len() / texts.len().max(1);
        if size * texts.len() != values.len() {
            return Err(Error::Setting { setting: "the numbers", must: "be as many for each text".to_owned() });
        }
        let vector = |(place, text): (usize, &Vec<Encoding>)| TextVector {
            values: values[place * size..][..size].to_vec(),
            warnings: Warning::of(text),
        };
        Ok(texts.iter().enumerate().map(vector).collect())
    }

    /// How much of a text is read where so much is asked for.
    pub(crate) fn limit_of(&self, max_length: Option<usize>, long_texts: Option<LongTexts>) -> Result<TextLimit> {
        let own = match (self.limit, &self.adapter) {
            (Some(limit), _) => limit,
            (None, Some(adapter)) => adapter.limit(None, None)?,
            (None, None) => TextLimit::default(),
        };
        let max_length = max_length.or(own.max_length);
        Ok(TextLimit { max_length, long_texts: long_texts.unwrap_or(own.long_texts) })
    }
}
