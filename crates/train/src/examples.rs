//! Tokenised, labelled examples.

use graftwork_model::{Backbone, Batch, HeadConfig};
use graftwork_text::{Encoding, PackedBatch};

use crate::{Error, Result};

/// Labelled texts as token ids.
#[derive(Debug, Clone)]
pub struct Examples {
    what: &'static str,
    encodings: Vec<Encoding>,
    labels: Vec<u32>,
    names: Vec<String>,
}

impl Examples {
    /// Pairs encodings with labels, each an index into `names`; `what` names the data in messages.
    ///
    /// # Errors
    /// If there are none, or one lacks its label.
    pub fn new(
        what: &'static str,
        encodings: Vec<Encoding>,
        labels: impl IntoIterator<Item = Option<usize>>,
        names: &[String],
    ) -> Result<Self> {
        let known = |(index, label): (usize, Option<usize>)| match label {
            Some(label) if label < names.len() => Ok(label as u32),
            _ => Err(Error::NoLabel { what, index }),
        };
        let labels: Vec<u32> = labels.into_iter().enumerate().map(known).collect::<Result<_>>()?;
        if encodings.is_empty() {
            return Err(Error::NoExamples { what });
        }
        if let Some(index) = (labels.len() < encodings.len()).then_some(labels.len()) {
            return Err(Error::NoLabel { what, index });
        }
        Ok(Self { what, encodings, labels, names: names.to_vec() })
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

    /// The label ids as `head` counts them. Data and head need not list their labels in the same order: names decide,
    /// unless the head has none.
    ///
    /// # Errors
    /// If the head does not know a label of the data.
    pub fn labels_for(&self, head: &HeadConfig) -> Result<Vec<u32>> {
        let id = |(own, name): (usize, &String)| {
            let known = match head.own_labels() {
                Some(labels) => labels.iter().position(|label| label == name),
                None => Some(own).filter(|id| *id < head.num_labels),
            };
            known.map(|id| id as u32).ok_or_else(|| Error::OtherLabels {
                what: self.what,
                label: name.clone(),
                known: (0..head.num_labels).map(|id| head.label(id)).collect(),
            })
        };
        let ids: Vec<u32> = self.names.iter().enumerate().map(id).collect::<Result<_>>()?;
        Ok(self.labels.iter().map(|label| ids[*label as usize]).collect())
    }

    /// Uploads some of them as one packed batch.
    pub(crate) fn batch(&self, backbone: &Backbone, indices: &[usize]) -> Result<Batch> {
        let encodings: Vec<&Encoding> = indices.iter().map(|i| &self.encodings[*i]).collect();
        let packed = PackedBatch::pack(&encodings);
        Ok(backbone.batch(&packed.ids, &packed.type_ids, &packed.cu_seqlens)?)
    }
}
