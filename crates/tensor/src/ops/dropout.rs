//! Dropout with counter-based masks: nothing is kept for backward, and every device draws the same.

use graftwork_gpu::{Access, Shader};
use multiversion::multiversion;

use super::{dispatch, groups_for, same_shape, wgsl};
use crate::cpu::{self, for_each_piece};
use crate::device::Backend;
use crate::{Device, DropoutKey, Float, Tape, Tensor, Var};

/// `shaders/dropout.wgsl`
pub static SHADER: Shader = Shader {
    name: "dropout",
    parts: &[wgsl!("dropout.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::ReadWrite],
};

/// Constants for validation.
pub fn variants() -> super::Variants {
    vec![vec![("HAS_RESIDUAL", 0)], vec![("HAS_RESIDUAL", 1)]]
}

/// One mask: which elements of one place in the model survive one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mask {
    /// Seed and step.
    pub key: DropoutKey,
    /// Which dropout of the step, counted from 0.
    pub site: u32,
    /// Probability to drop, 0 <= p < 1.
    pub p: f32,
    /// Elements of the place that are before: those of other parts of the batch.
    pub first: u32,
}

/// `y = residual + x * mask / (1 - p)`, all of one shape.
pub fn dropout(device: &Device, x: &Tensor, mask: Mask, residual: Option<&Tensor>, y: &Tensor) {
    same_shape("dropout", x, y);
    match device.backend() {
        Backend::Cpu(_) => {
            let residual = residual.map(|r| r.cpu());
            dropout_cpu(&x.cpu(), mask, residual.as_deref(), &mut y.cpu_mut());
        }
        Backend::Gpu(gpu) => {
            let constants = [("HAS_RESIDUAL", u32::from(residual.is_some()))];
            let buffers = [x.binding(), residual.unwrap_or(x).binding(), y.binding()];
            let params = [x.len() as u32, mask.site, mask.key.step, mask.key.seed, mask.p.to_bits(), mask.first];
            dispatch(gpu, &SHADER, &constants, &buffers, &params, groups_for(x.len()));
        }
    }
}

/// The CPU body.
pub fn dropout_cpu<F: Float>(x: &[F], mask: Mask, residual: Option<&[F]>, y: &mut [F]) {
    for_each_piece(y, |first, y| {
        drop_piece(&x[first..][..y.len()], mask, first, y);
        if let Some(residual) = residual {
            cpu::add(y, &residual[first..]);
        }
    });
}

/// Elements from `first` on.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq", "x86_64+avx2"))]
fn drop_piece<F: Float>(x: &[F], mask: Mask, first: usize, y: &mut [F]) {
    let threshold = mask.p * 16_777_216.0;
    let keep = F::of(f64::from(1.0 - mask.p));
    for (i, (y, x)) in y.iter_mut().zip(x).enumerate() {
        let at = mask.first.wrapping_add((first + i) as u32);
        let draw = pcg3d([at, mask.site ^ (mask.key.step << 8), mask.key.seed])[0] >> 8;
        *y = if draw as f32 >= threshold { *x / keep } else { F::of(0.0) };
    }
}

/// pcg3d of Jarzynski and Olano, "Hash Functions for GPU Rendering" (JCGT 2020).
#[inline(always)]
fn pcg3d(start: [u32; 3]) -> [u32; 3] {
    let [mut x, mut y, mut z] = start.map(|v| v.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let stir = |x: &mut u32, y: &mut u32, z: &mut u32| {
        *x = x.wrapping_add(y.wrapping_mul(*z));
        *y = y.wrapping_add(z.wrapping_mul(*x));
        *z = z.wrapping_add(x.wrapping_mul(*y));
    };
    stir(&mut x, &mut y, &mut z);
    [x, y, z] = [x, y, z].map(|v| v ^ (v >> 16));
    stir(&mut x, &mut y, &mut z);
    [x, y, z]
}

impl Tape {
    /// `residual + dropout(x)`. Does nothing but the sum if `p` is 0 or the tape has no dropout key.
    pub fn dropout(&mut self, x: &Var, p: f32, residual: Option<&Var>) -> Var {
        let key = if p > 0.0 { self.next_dropout() } else { None };
        let Some((key, site)) = key else {
            return match residual {
                Some(residual) => self.add(x, residual),
                None => x.clone(),
            };
        };
        let first = (self.rows_before(x.value().rows()) * x.value().cols()) as u32;
        let mask = Mask { key, site, p, first };
        let y = self.device().empty(x.value().rows(), x.value().cols());
        dropout(self.device(), x.value(), mask, residual.map(Var::value), &y);
        let learns = x.has_gradient() || residual.is_some_and(Var::has_gradient);
        let (x, residual) = (x.slot(), residual.map(Var::slot));
        self.record(y, learns, move |device, dy, grads| {
            let dx = device.empty(dy.rows(), dy.cols());
            dropout(device, &dy, mask, None, &dx);
            grads.add(device, x, dx);
            if let Some(residual) = residual {
                grads.add(device, residual, dy);
            }
        })
    }
}
