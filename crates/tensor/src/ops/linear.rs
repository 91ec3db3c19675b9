//! A linear layer with what usually follows it: `y = residual + alpha * act(x W^T + b)`.

use super::gemm::{Epilogue, Layout, accumulate_tn, gemm, gemm_rounded};
use super::{activation_bwd, sum_rows};
use crate::{Activation, Param, Tape, Var, Weight};

/// What a linear layer does besides the product.
#[derive(Debug, Clone, Copy)]
pub struct Linear<'a> {
    /// Weight [out, in], as checkpoints store it.
    pub weight: &'a Weight,
    /// Bias, one for each output.
    pub bias: Option<&'a Param>,
    /// Applied after the bias.
    pub activation: Activation,
    /// Multiplied after the activation.
    pub alpha: f32,
}

impl<'a> Linear<'a> {
    /// `act(x W^T + b)`
    pub fn with_activation(self, activation: Activation) -> Self {
        Self { activation, ..self }
    }
}

impl Tape {
    /// `residual + alpha * act(x W^T + b)`: x [T, in], y and residual [T, out].
    ///
    /// Backward keeps x only if the weight learns, and the value before the non-linearity only if there is one.
    pub fn linear(&mut self, x: &Var, layer: Linear<'_>, residual: Option<&Var>) -> Var {
        let Linear { weight, bias, activation, alpha } = layer;
        let device = self.device().clone();
        let (rows, cols) = (x.value().rows(), weight.rows());
        let trains = self.learns(weight.grad()) || bias.is_some_and(|b| self.learns(b.grad.as_ref()));
        let needs_dz = trains || x.has_gradient();

        let y = device.empty(rows, cols);
        let pre = (needs_dz && activation != Activation::Identity).then(|| device.empty(rows, cols));
        let epilogue = Epilogue {
            bias: bias.map(|b| &b.value),
            activation,
            alpha,
            residual: residual.map(Var::value),
            pre: pre.as_ref(),
        };
        if self.is_learning() {
            gemm(&device, x.value(), weight, Layout::Nt, epilogue, &y);
        } else {
            gemm_rounded(&device, x.value(), weight, epilogue, &y);
        }

        let learns = needs_dz || residual.is_some_and(Var::has_gradient);
        let (weight, bias, residual) = (weight.clone(), bias.cloned(), residual.map(Var::slot));
        let input = x.slot();
        let kept_x = weight.grad().is_some().then(|| x.value().clone());
        self.record(y, learns, move |device, dy, grads| {
            if needs_dz {
                let dz = if pre.is_none() && alpha == 1.0 {
                    dy.clone()
                } else {
                    let dz = device.empty(rows, cols);
                    // The derivative of the identity reads nothing of z.
                    let z = pre.as_ref().unwrap_or(&dy);
                    activation_bwd::activation_bwd(device, &dy, z, activation, alpha, &dz);
                    dz
                };
                if let (Some(grad), Some(x)) = (weight.grad(), &kept_x) {
                    accumulate_tn(device, &dz, x, grad);
                }
                if let Some(grad) = bias.as_ref().and_then(|b| b.grad.as_ref()) {
                    sum_rows::accumulate(device, &dz, grad);
                }
                if input.has_gradient() {
                    let dx = device.empty(rows, weight.cols());
                    let old = grads.take(input);
                    let epilogue = Epilogue { residual: old.as_ref(), ..Epilogue::default() };
                    gemm(device, &dz, &weight, Layout::Nn, epilogue, &dx);
                    grads.add(device, input, dx);
                }
            }
            if let Some(residual) = residual {
                grads.add(device, residual, dy);
            }
        })
    }
}
