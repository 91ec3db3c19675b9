//! Prediction heads on a device.

use graftwork_tensor::{Activation, Tape, Var};

use crate::HeadConfig;
use crate::arena::Arena;
use crate::backbone::Backbone;
use crate::batch::{Batch, Hidden};
use crate::features::Features;
use crate::layers::Dense;
use crate::layers::activation;

/// `layers` times (dropout, dense), with an activation between, on one vector a text or on every token.
#[derive(Debug, Clone)]
pub struct Head {
    features: Features,
    layers: Vec<Dense>,
    activation: Activation,
    dropout: f32,
}

impl Head {
    pub(crate) fn new(config: &HeadConfig, arena: &Arena, backbone: &Backbone) -> Self {
        let (features, backbone) = (Features::new(config, backbone), backbone.config());
        let dense = |layer| Dense {
            weight: arena.get(&format!("head.{layer}.weight")).expect("the head's tensors were checked").into(),
            bias: arena.get(&format!("head.{layer}.bias")),
        };
        let default = backbone.classifier_dropout.unwrap_or(backbone.hidden_dropout_prob);
        Self {
            features,
            layers: (0..config.layers).map(dense).collect(),
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

    /// Logits from hidden states: [S, labels], or [T, labels] where every token is tagged. `dropout` is the probability
    /// before each dense layer.
    pub fn forward(&self, tape: &mut Tape, backbone: &Backbone, hidden: &Hidden, batch: &Batch, dropout: f32) -> Var {
        let features = self.features(tape, backbone, hidden, batch);
        self.logits(tape, &features, dropout)
    }

    /// What the dense layers stand on, of hidden states.
    pub fn features(&self, tape: &mut Tape, backbone: &Backbone, hidden: &Hidden, batch: &Batch) -> Var {
        self.features.of(tape, backbone, hidden, batch)
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
