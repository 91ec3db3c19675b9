//! What tasks share that have a number for every element of the head's output: a truth of 0 or 1 of each label, or a score.

use graftwork_tensor::ops::binary_cross_entropy::{binary_cross_entropy, binary_cross_entropy_cpu};
use graftwork_tensor::ops::mean_squared_error::{mean_squared_error, mean_squared_error_cpu};
use graftwork_tensor::{Device, Tape, Tensor, Var};

use super::{Loss, Targets};
use crate::{Error, Result};

/// What an element costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementLoss {
    /// Binary cross-entropy of a logit.
    BinaryCrossEntropy,
    /// The square of the difference.
    SquaredError,
}

/// A number for every element of the output.
#[derive(Debug)]
pub struct NumberTargets {
    numbers: Tensor,
    loss: ElementLoss,
}

impl NumberTargets {
    /// Uploads numbers, row-major with `cols` for each row of the output.
    pub fn new(device: &Device, loss: ElementLoss, cols: usize, numbers: &[f32]) -> Self {
        Self { numbers: device.tensor(numbers.len() / cols.max(1), cols, numbers), loss }
    }
}

impl Targets for NumberTargets {
    /// The mean loss over all elements.
    fn loss(&self, tape: &mut Tape, output: &Var) -> Result<Loss> {
        let (device, z) = (tape.device(), output.value());
        let (rows, cols) = (z.rows(), z.cols());
        if (self.numbers.rows(), self.numbers.cols()) != (rows, cols) {
            return Err(Error::NumberCount { found: self.numbers.len(), rows, cols });
        }
        let (gradient, shares) = (device.empty(rows, cols), device.empty(rows, cols));
        let op = match self.loss {
            ElementLoss::BinaryCrossEntropy => binary_cross_entropy,
            ElementLoss::SquaredError => mean_squared_error,
        };
        op(device, z, &self.numbers, &gradient, &shares);
        Ok(Loss { root: output.clone(), gradient, shares })
    }
}

impl ElementLoss {
    /// The sum of the losses of some elements, in f64.
    pub(super) fn of(self, output: &[f32], truth: &[f32]) -> f64 {
        let [z, t] = [output, truth].map(|row| row.iter().map(|v| f64::from(*v)).collect::<Vec<_>>());
        let (mut gradient, mut shares) = (vec![0.0; z.len()], vec![0.0; z.len()]);
        let op = match self {
            Self::BinaryCrossEntropy => binary_cross_entropy_cpu,
            Self::SquaredError => mean_squared_error_cpu,
        };
        op(&z, &t, &mut gradient, &mut shares);
        shares.iter().sum::<f64>() * z.len() as f64
    }
}
