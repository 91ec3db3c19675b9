//! A packed batch on a device.

use graftwork_tensor::ops::attention::Sequences;
use graftwork_tensor::{Device, Indices, Tensor, Var};

use crate::{Error, Result};

/// A packed batch on a device: T tokens of S sequences end to end.
#[derive(Debug)]
pub struct Batch {
    pub(crate) start: Start,
    pub(crate) sequences: Sequences,
    /// Which sequences are windows of the same text, unless each is a text of its own.
    pub(crate) texts: Option<Sequences>,
    /// The tokens that a masked language model is asked about, if it is.
    pub(crate) masked: Option<MaskedTokens>,
    pub(crate) backbone: usize,
}

/// Which tokens of a batch are masked, and what truly stands there.
#[derive(Debug)]
pub(crate) struct MaskedTokens {
    pub(crate) places: Indices,
    /// As many, where they are known.
    pub(crate) truths: Option<Indices>,
}

/// Where a batch begins.
#[derive(Debug)]
pub(crate) enum Start {
    /// At the embeddings.
    Tokens(Indices),
    /// At what goes into a layer, [T, D]: the layers below were computed before.
    Hidden(usize, Tensor),
}

impl Batch {
    /// Where its sequences lie.
    pub fn sequences(&self) -> &Sequences {
        &self.sequences
    }

    /// Says which sequences are windows of the same text: where each text begins among them, with their number at the
    /// end. Otherwise each is a text of its own.
    ///
    /// # Errors
    /// If the beginnings don't ascend from 0 to the number of sequences.
    pub fn of_texts(mut self, device: &Device, starts: &[u32]) -> Result<Self> {
        let ends_well = starts.last().is_some_and(|end| *end as usize == self.sequences.count());
        if !ends_well || starts[0] != 0 || !starts.is_sorted_by(|a, b| a < b) {
            let problem = "its texts must ascend from 0 to the number of sequences, without empty ones".to_owned();
            return Err(Error::Batch { problem });
        }
        self.texts = (starts.len() <= self.sequences.count()).then(|| Sequences::new(device, starts));
        Ok(self)
    }

    /// The first layer that it still has to go through.
    pub fn first_layer(&self) -> usize {
        match self.start {
            Start::Tokens(_) => 0,
            Start::Hidden(layer, _) => layer,
        }
    }
}

/// Hidden states that a forward pass gives.
#[derive(Debug, Clone)]
pub struct Hidden {
    pub(crate) last: Var,
    pub(crate) between: Vec<Var>,
}

impl Hidden {
    /// The states after the last layer, [T, D].
    pub fn last(&self) -> &Var {
        &self.last
    }

    /// Those after each layer that the adapter's head reads, [T, D], if it reads more than the last
    /// ([`HeadConfig::hidden_layers`](crate::HeadConfig)).
    pub fn between(&self) -> &[Var] {
        &self.between
    }
}
