//! Prediction heads on a device.

use graftwork_formats::BackboneConfig;
use graftwork_tensor::ops::pool::Pool;
use graftwork_tensor::{Activation, Tape, Var};

use crate::arena::Arena;
use crate::backbone::{Backbone, Batch};
use crate::layers::Dense;
use crate::layers::activation;
use crate::{HeadConfig, HeadKind, HeadPooling};

/// `layers` times (dropout, dense), with an activation between, on one vector a text or on every token.
#[derive(Debug, Clone)]
pub struct Head {
    kind: HeadKind,
    layers: Vec<Dense>,
    activation: Activation,
    pooling: HeadPooling,
    normalize: bool,
    dropout: f32,
}

impl Head {
    pub(crate) fn new(config: &HeadConfig, arena: &Arena, backbone: &BackboneConfig) -> Self {
        let dense = |layer| Dense {
            weight: arena.get(&format!("head.{layer}.weight")).expect("the head's tensors were checked").into(),
            bias: arena.get(&format!("head.{layer}.bias")),
        };
        let default = backbone.classifier_dropout.unwrap_or(backbone.hidden_dropout_prob);
        Self {
            kind: config.kind,
            layers: (0..config.layers).map(dense).collect(),
            activation: config.activation.as_ref().map_or(Activation::Identity, activation),
            pooling: config.pooling,
            normalize: config.normalize,
            dropout: config.dropout_prob.unwrap_or(default) as f32,
        }
    }

    /// The dropout probability that the head's file, else its backbone's configuration, asks for.
    pub fn dropout(&self) -> f32 {
        self.dropout
    }

    /// Logits from the last hidden states [T, D]: [S, labels], or [T, labels] where every token is tagged. `dropout` is
    /// the probability before each dense layer.
    pub fn forward(&self, tape: &mut Tape, backbone: &Backbone, hidden: &Var, batch: &Batch, dropout: f32) -> Var {
        let features = self.features(tape, backbone, hidden, batch);
        self.logits(tape, &features, dropout)
    }

    /// What the dense layers stand on, from the last hidden states [T, D]: [S, D], or [T, D] where every token is tagged.
    pub fn features(&self, tape: &mut Tape, backbone: &Backbone, hidden: &Var, batch: &Batch) -> Var {
        let x = match (self.kind, self.pooling) {
            (HeadKind::Tagging, _) => hidden.clone(),
            (_, HeadPooling::Mean) => tape.pool(hidden, batch.sequences(), Pool::Mean),
            (_, HeadPooling::First) => tape.pool(hidden, batch.sequences(), Pool::First),
            (_, HeadPooling::Pooler) => {
                let first = tape.pool(hidden, batch.sequences(), Pool::First);
                backbone.pooler(tape, &first)
            }
        };
        if self.normalize { tape.normalize(&x) } else { x }
    }

    /// Logits from what [`Head::features`] gives. `dropout` is the probability before each dense layer.
    pub fn logits(&self, tape: &mut Tape, features: &Var, dropout: f32) -> Var {
        let mut x = features.clone();
        for (i, layer) in self.layers.iter().enumerate() {
            let last = i + 1 == self.layers.len();
            x = tape.dropout(&x, dropout, None);
            x = layer.forward(tape, &x, if last { Activation::Identity } else { self.activation });
        }
        x
    }
}
