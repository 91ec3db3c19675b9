//! Where batches come from: from texts, or from what frozen parts have made of them.

use graftwork_model::{Backbone, Batch};
use graftwork_text::Encoding;

use crate::Result;
use crate::kept::Kept;
use crate::predict::upload;
use crate::tasks::Examples;

/// Examples, each of one or more sequences, that can be made into batches.
#[derive(Clone, Copy)]
pub struct Source<'a>(Kind<'a>);

#[derive(Clone, Copy)]
enum Kind<'a> {
    Sequences(&'a [&'a [Encoding]]),
    Examples(&'a dyn Examples, Option<&'a Kept<'a>>),
}

impl<'a> Source<'a> {
    /// Examples, of which something may be kept.
    pub(crate) fn new(examples: &'a dyn Examples, kept: Option<&'a Kept<'a>>) -> Self {
        Self(Kind::Examples(examples, kept))
    }

    /// Tokens of each example.
    pub(crate) fn lengths(&self) -> Vec<usize> {
        let tokens = |sequences: &[Encoding]| sequences.iter().map(Encoding::len).sum();
        match self.0 {
            Kind::Sequences(all) => all.iter().map(|sequences| tokens(sequences)).collect(),
            Kind::Examples(examples, _) => (0..examples.len()).map(|i| tokens(examples.sequences(i))).collect(),
        }
    }

    /// Some of them as one batch on the device.
    pub(crate) async fn batch(&self, backbone: &Backbone, chosen: &[usize]) -> Result<Batch> {
        match self.0 {
            Kind::Sequences(all) => upload(backbone, chosen.iter().map(|example| all[*example])),
            Kind::Examples(_, Some(kept)) => kept.batch(chosen).await,
            Kind::Examples(examples, None) => upload(backbone, chosen.iter().map(|i| examples.sequences(*i))),
        }
    }
}

impl<'a> From<&'a [&'a [Encoding]]> for Source<'a> {
    fn from(sequences: &'a [&'a [Encoding]]) -> Self {
        Self(Kind::Sequences(sequences))
    }
}

impl<'a> From<&'a Vec<&'a [Encoding]>> for Source<'a> {
    fn from(sequences: &'a Vec<&'a [Encoding]>) -> Self {
        Self::from(sequences.as_slice())
    }
}
