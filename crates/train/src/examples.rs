//! Tokenised, labelled examples.

use graftwork_model::{Backbone, Batch};
use graftwork_text::{Encoding, PackedBatch};

use crate::{Error, Result};

/// Labelled texts as token ids.
#[derive(Debug, Clone)]
pub struct Examples {
    encodings: Vec<Encoding>,
    labels: Vec<u32>,
}

impl Examples {
    /// Pairs encodings with labels, each below `classes`; `what` names the data in messages.
    ///
    /// # Errors
    /// If there are none, or one lacks its label.
    pub fn new(
        what: &'static str,
        encodings: Vec<Encoding>,
        labels: impl IntoIterator<Item = Option<usize>>,
        classes: usize,
    ) -> Result<Self> {
        let known = |(index, label): (usize, Option<usize>)| match label {
            Some(label) if label < classes => Ok(label as u32),
            _ => Err(Error::NoLabel { what, index }),
        };
        let labels: Vec<u32> = labels.into_iter().enumerate().map(known).collect::<Result<_>>()?;
        if encodings.is_empty() {
            return Err(Error::NoExamples { what });
        }
        if let Some(index) = (labels.len() < encodings.len()).then_some(labels.len()) {
            return Err(Error::NoLabel { what, index });
        }
        Ok(Self { encodings, labels })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.encodings.len()
    }

    /// Whether there are none; never, see [`Examples::new`].
    pub fn is_empty(&self) -> bool {
        self.encodings.is_empty()
    }

    /// Tokens of each.
    pub fn lengths(&self) -> Vec<usize> {
        self.encodings.iter().map(Encoding::len).collect()
    }

    /// Label ids.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// Uploads some of them as one packed batch; also its labels.
    pub(crate) fn batch(&self, backbone: &Backbone, indices: &[usize]) -> Result<(Batch, Vec<u32>)> {
        let encodings: Vec<&Encoding> = indices.iter().map(|i| &self.encodings[*i]).collect();
        let packed = PackedBatch::pack(&encodings);
        let batch = backbone.batch(&packed.ids, &packed.type_ids, &packed.cu_seqlens)?;
        Ok((batch, indices.iter().map(|i| self.labels[*i]).collect()))
    }
}
