//! The two building blocks that backbone, adapters and heads share.

use graftwork_tensor::ops::linear::Linear;
use graftwork_tensor::{Activation, Param, Tape, Var};

/// `x W^T + b`
#[derive(Debug, Clone)]
pub(crate) struct Dense {
    pub weight: Param,
    pub bias: Option<Param>,
}

impl Dense {
    pub fn linear(&self) -> Linear<'_> {
        Linear { weight: &self.weight, bias: self.bias.as_ref(), activation: Activation::Identity, alpha: 1.0 }
    }

    pub fn forward(&self, tape: &mut Tape, x: &Var, activation: Activation) -> Var {
        tape.linear(x, self.linear().with_activation(activation), None)
    }
}

/// Layer normalisation.
#[derive(Debug, Clone)]
pub(crate) struct Norm {
    pub gamma: Param,
    pub beta: Param,
    pub eps: f32,
}

impl Norm {
    /// `LN(x + residual)`
    pub fn forward(&self, tape: &mut Tape, x: &Var, residual: Option<&Var>) -> Var {
        tape.layer_norm(x, residual, &self.gamma, &self.beta, self.eps)
    }
}
