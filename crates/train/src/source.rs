//! Where batches come from: from texts, or from what frozen parts have made of them.

use std::borrow::Cow;

use graftwork_model::{Backbone, Batch};
use graftwork_text::Encoding;

use crate::Result;
use crate::kept::Kept;
use crate::predict::{Counts, upload};
use crate::tasks::{Draw, Examples};

/// Examples, each of one or more sequences, that can be made into batches.
#[derive(Clone, Copy)]
pub struct Source<'a>(Kind<'a>);

#[derive(Clone, Copy)]
enum Kind<'a> {
    Sequences(&'a [&'a [Encoding]]),
    Examples(&'a dyn Examples, Option<&'a Kept<'a>>, Draw),
}

impl<'a> Source<'a> {
    /// Examples, of which something may be kept. What they draw is what a measurement draws.
    pub(crate) fn new(examples: &'a dyn Examples, kept: Option<&'a Kept<'a>>) -> Self {
        Self(Kind::Examples(examples, kept, Draw::default()))
    }

    /// The same, drawn otherwise.
    pub(crate) fn drawn(self, draw: Draw) -> Self {
        match self.0 {
            Kind::Examples(examples, kept, _) => Self(Kind::Examples(examples, kept, draw)),
            Kind::Sequences(_) => self,
        }
    }

    /// Tokens of each example.
    pub(crate) fn lengths(&self) -> Vec<usize> {
        let tokens = |sequences: &[Encoding]| sequences.iter().map(Encoding::len).sum();
        match self.0 {
            Kind::Sequences(all) => all.iter().map(|sequences| tokens(sequences)).collect(),
            Kind::Examples(examples, ..) => (0..examples.len()).map(|i| tokens(examples.sequences(i))).collect(),
        }
    }

    /// What there is of each of some examples.
    pub(crate) fn counts(&self, chosen: &[usize]) -> Vec<Counts> {
        chosen.iter().map(|example| Counts::of(&self.sequences(*example))).collect()
    }

    /// Some of them as one batch on the device.
    pub(crate) async fn batch(&self, backbone: &Backbone, chosen: &[usize]) -> Result<Batch> {
        if let Kind::Examples(_, Some(kept), _) = self.0 {
            return kept.batch(chosen).await;
        }
        let drawn: Vec<_> = chosen.iter().map(|example| self.sequences(*example)).collect();
        upload(backbone, drawn.iter().map(|sequences| &**sequences))
    }

    fn sequences(&self, example: usize) -> Cow<'a, [Encoding]> {
        match &self.0 {
            Kind::Sequences(all) => Cow::Borrowed(all[example]),
            Kind::Examples(examples, _, draw) => examples.drawn(example, draw),
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
