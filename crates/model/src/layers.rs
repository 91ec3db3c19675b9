//! The two building blocks that backbone, adapters and heads share.

use graftwork_formats::ActivationName;
use graftwork_tensor::ops::linear::Linear;
use graftwork_tensor::{Activation, Param, Tape, Var, Weight};

/// `x W^T + b`
#[derive(Debug, Clone)]
pub(crate) struct Dense {
    pub weight: Weight,
    pub bias: Option<Param>,
}

impl Dense {
    pub fn linear(&self) -> Linear<'_> {
        Linear { weight: &self.weight, bias: self.bias.as_ref(), activation: Activation::Identity, alpha: 1.0 }
    }

    pub fn forward(&self, tape: &mut Tape, x: &Var, activation: Activation) -> Var {
        tape.linear(x, self.linear().with_activation(activation), None)
    }

    pub fn weights(&self) -> impl Iterator<Item = Weight> {
        [self.weight.clone()].into_iter().chain(self.bias.clone().map(Weight::from))
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

    pub fn weights(&self) -> impl Iterator<Item = Weight> {
        [&self.gamma, &self.beta].into_iter().cloned().map(Weight::from)
    }
}

/// What a name in a configuration file computes.
pub(crate) fn activation(name: &ActivationName) -> Activation {
    Activation::from_name(name.function()).expect("a function of the table, which the tests compare with this one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_file_is_a_function_here() {
        for function in ActivationName::functions() {
            assert_eq!(Activation::from_name(function).map(Activation::name), Some(function));
        }
    }
}
