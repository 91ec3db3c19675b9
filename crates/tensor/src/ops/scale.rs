//! `y = residual + x * s` with a learned scalar or a learned vector: AdapterHub's `scaling: "learned" | "channel"`.

use graftwork_gpu::{Access, Shader};

use super::{dispatch, groups_for, same_shape, sum_rows, wgsl};
use crate::device::Backend;
use crate::{Device, Float, Param, Tape, Tensor, Var};

/// `shaders/scale.wgsl`
pub static SHADER: Shader = Shader {
    name: "scale",
    parts: &[wgsl!("scale.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::Read, Access::ReadWrite],
};

/// Constants for validation.
pub fn variants() -> super::Variants {
    (0..8)
        .map(|bits| vec![("CHANNEL", bits & 1), ("ELEMENTWISE", bits >> 1 & 1), ("HAS_RESIDUAL", bits >> 2)])
        .collect()
}

/// `y = residual + x * s`: x, y, residual [T, D]; s has 1, D or T * D elements.
pub fn scale(device: &Device, x: &Tensor, s: &Tensor, residual: Option<&Tensor>, y: &Tensor) {
    same_shape("scale", x, y);
    let cols = x.cols();
    assert!(s.len() == 1 || s.len() == cols || s.len() == x.len(), "scale: factors");
    match device.backend() {
        Backend::Cpu(_) => {
            let residual = residual.map(|r| r.cpu());
            scale_cpu(&x.cpu(), &s.cpu(), residual.as_deref(), &mut y.cpu_mut());
        }
        Backend::Gpu(gpu) => {
            let constants = [
                ("CHANNEL", u32::from(s.len() == cols)),
                ("ELEMENTWISE", u32::from(s.len() == x.len())),
                ("HAS_RESIDUAL", u32::from(residual.is_some())),
            ];
            let buffers = [x.binding(), s.binding(), residual.unwrap_or(x).binding(), y.binding()];
            dispatch(gpu, &SHADER, &constants, &buffers, &[x.len() as u32, cols as u32], groups_for(x.len()));
        }
    }
}

/// The CPU body: `s` is repeated over x.
pub fn scale_cpu<F: Float>(x: &[F], s: &[F], residual: Option<&[F]>, y: &mut [F]) {
    for (i, (y, x)) in y.iter_mut().zip(x).enumerate() {
        *y = *x * s[i % s.len()] + residual.map_or(F::of(0.0), |r| r[i]);
    }
}

impl Tape {
    /// `residual + x * s`; s has 1 or D elements.
    pub fn scale(&mut self, x: &Var, s: &Param, residual: Option<&Var>) -> Var {
        let (rows, cols) = (x.value().rows(), x.value().cols());
        let y = self.device().empty(rows, cols);
        scale(self.device(), x.value(), &s.value, residual.map(Var::value), &y);
        let learns = self.learns(s.grad.as_ref()) || x.has_gradient() || residual.is_some_and(Var::has_gradient);
        let kept_x = self.learns(s.grad.as_ref()).then(|| x.value().clone());
        let (x, s, residual) = (x.slot(), s.clone(), residual.map(Var::slot));
        self.record(y, learns, move |device, dy, grads| {
            if let (Some(grad), Some(x)) = (&s.grad, &kept_x) {
                let product = device.empty(rows, cols);
                scale(device, &dy, x, None, &product);
                let columns = if s.value.len() == 1 { product.reshape(product.len(), 1) } else { product };
                sum_rows::accumulate(device, &columns, grad);
            }
            if x.has_gradient() {
                let dx = device.empty(rows, cols);
                scale(device, &dy, &s.value, None, &dx);
                grads.add(device, x, dx);
            }
            if let Some(residual) = residual {
                grads.add(device, residual, dy);
            }
        })
    }
}
