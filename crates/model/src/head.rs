//! Prediction heads on a device.

use graftwork_tensor::{Activation, Param, Tape, Var};

use crate::arena::Arena;
use crate::backbone::Backbone;
use crate::batch::{Batch, Hidden};
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
    hidden_layers: Vec<usize>,
    /// What the parts of [`HeadConfig::hidden_layers`] are multiplied with, [1, D] times their number.
    weights: Option<Param>,
    dropout: f32,
}

impl Head {
    pub(crate) fn new(config: &HeadConfig, arena: &Arena, backbone: &Backbone) -> Self {
        let (device, backbone) = (backbone.device(), backbone.config());
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
            hidden_layers: config.hidden_layers.clone(),
            weights: config
                .layer_weights(backbone.hidden_size)
                .map(|weights| Param::frozen(device.tensor(1, weights.len(), &weights))),
            dropout: config.dropout_prob.unwrap_or(default) as f32,
        }
    }

    /// The dropout probability that the head's file, else its backbone's configuration, asks for.
    pub fn dropout(&self) -> f32 {
        self.dropout
    }

    /// The layers whose hidden states it reads (from 1); none if it reads the last one's alone.
    pub(crate) fn hidden_layers(&self) -> &[usize] {
        &self.hidden_layers
    }

    /// Logits from hidden states: [S, labels], or [T, labels] where every token is tagged. `dropout` is the probability
    /// before each dense layer.
    pub fn forward(&self, tape: &mut Tape, backbone: &Backbone, hidden: &Hidden, batch: &Batch, dropout: f32) -> Var {
        let features = self.features(tape, backbone, hidden, batch);
        self.logits(tape, &features, dropout)
    }

    /// What the dense layers stand on: [S, D], a row a text, D times the number of layers that are read; or [T, D] where every
    /// token is tagged. Windows of a text are averaged before the scaling.
    pub fn features(&self, tape: &mut Tape, backbone: &Backbone, hidden: &Hidden, batch: &Batch) -> Var {
        let Some(weights) = &self.weights else { return self.pooled(tape, backbone, hidden.last(), batch) };
        let parts: Vec<Var> = hidden.between().iter().map(|x| self.pooled(tape, backbone, x, batch)).collect();
        let (rows, d) = (parts[0].value().rows(), parts[0].value().cols());
        let wide = tape.constant(tape.device().zeros(rows, parts.len() * d));
        let joined = tape.add_columns(&wide, parts.into_iter().enumerate().map(|(i, part)| (i * d, part)).collect());
        tape.scale(&joined, weights, None)
    }

    fn pooled(&self, tape: &mut Tape, backbone: &Backbone, hidden: &Var, batch: &Batch) -> Var {
        let x = match self.kind {
            HeadKind::Tagging => hidden.clone(),
            HeadKind::Classification => backbone.pool(tape, hidden, batch, self.pooling),
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
