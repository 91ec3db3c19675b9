//! Prediction heads on a device.

use graftwork_tensor::ops::word_cross_entropy::Words;
use graftwork_tensor::{Activation, Tape, Var};

use crate::HeadConfig;
use crate::arena::Arena;
use crate::backbone::Backbone;
use crate::batch::{Batch, Hidden};
use crate::features::Features;
use crate::layers::activation;
use crate::layers::{Dense, Norm};

/// `layers` times (dropout, dense), with an activation and perhaps a norm between, on one vector a text, on every token, or on
/// every masked one.
#[derive(Debug, Clone)]
pub struct Head {
    features: Features,
    inner: Vec<(Dense, Option<Norm>)>,
    last: Dense,
    /// Whether the last layer is the table of words.
    tied: bool,
    activation: Activation,
    dropout: f32,
}

impl Head {
    /// One whose tensors in the arena have names that begin with `prefix`.
    pub(crate) fn new(config: &HeadConfig, (arena, prefix): (&Arena, &str), backbone: &Backbone) -> Self {
        let (features, sizes) = (Features::new(config, backbone), backbone.config());
        let weight = |layer| arena.get(&format!("{prefix}{layer}.weight"));
        let bias = |layer| arena.get(&format!("{prefix}{layer}.bias"));
        let norm = |layer| {
            let part = |part: &str| arena.get(&format!("{prefix}{layer}.norm.{part}"));
            Some(Norm { gamma: part("weight")?, beta: part("bias")?, eps: sizes.layer_norm_eps as f32 })
        };
        let dense = |layer| {
            let own = weight(layer).map(Into::into);
            Dense { weight: own.unwrap_or_else(|| backbone.words().clone()), bias: bias(layer) }
        };
        let last = config.layers - 1;
        let default = sizes.classifier_dropout.unwrap_or(sizes.hidden_dropout_prob);
        Self {
            features,
            inner: (0..last).map(|layer| (dense(layer), norm(layer))).collect(),
            last: dense(last),
            tied: config.tied.is_some(),
            activation: config.activation.as_ref().map_or(Activation::Identity, activation),
            dropout: config.dropout_prob.unwrap_or(default) as f32,
        }
    }

    /// The dropout probability that the head's file, else its backbone's configuration, asks for.
    pub fn dropout(&self) -> f32 {
        self.dropout
    }

    /// The layers whose hidden states it reads (from 1); none if it reads the last one's alone.
    pub fn hidden_layers(&self) -> &[usize] {
        self.features.layers()
    }

    /// Logits from hidden states: [S, labels], or [T, labels] where every token is tagged, or [N, words] where N are masked.
    /// Where the batch knows what truly stands there, instead of those many logits rows of (loss, is the largest logit that
    /// word's), [N, 2]: the logits are never there at once. `dropout` is the probability before each dense layer.
    pub fn forward(&self, tape: &mut Tape, backbone: &Backbone, hidden: &Hidden, batch: &Batch, dropout: f32) -> Var {
        let features = self.features(tape, backbone, hidden, batch);
        let truths = batch.masked.as_ref().and_then(|masked| masked.truths.as_ref());
        match (self.words(), truths) {
            (Some(words), Some(truths)) => {
                let x = self.inner(tape, &features, dropout);
                tape.word_cross_entropy(&x, words, truths)
            }
            _ => self.logits(tape, &features, dropout),
        }
    }

    /// What the dense layers stand on, of hidden states.
    pub fn features(&self, tape: &mut Tape, backbone: &Backbone, hidden: &Hidden, batch: &Batch) -> Var {
        self.features.of(tape, backbone, hidden, batch)
    }

    /// Logits from what [`Head::features`] gives. `dropout` is the probability before each dense layer.
    pub fn logits(&self, tape: &mut Tape, features: &Var, dropout: f32) -> Var {
        let x = self.inner(tape, features, dropout);
        let x = self.dropped(tape, x, dropout);
        self.last.forward(tape, &x, Activation::Identity)
    }

    /// What the last layer stands on.
    pub fn inner(&self, tape: &mut Tape, features: &Var, dropout: f32) -> Var {
        self.inner.iter().fold(features.clone(), |x, (dense, norm)| {
            let x = self.dropped(tape, x, dropout);
            let x = dense.forward(tape, &x, self.activation);
            norm.iter().fold(x, |x, norm| norm.forward(tape, &x, None))
        })
    }

    /// The last layer, if it is the table of words.
    pub fn words(&self) -> Option<Words<'_>> {
        self.tied.then_some(Words { table: &self.last.weight, bias: self.last.bias.as_ref() })
    }

    /// AdapterHub's and transformers' heads over words have no dropout.
    fn dropped(&self, tape: &mut Tape, x: Var, dropout: f32) -> Var {
        if self.tied { x } else { tape.dropout(&x, dropout, None) }
    }
}
