//! Sums over all elements in a fixed order: the loss of a batch, and the norm of all gradients with the factor that
//! clips it.

use graftwork_gpu::{Access, Shader};

use super::{dispatch, wgsl};
use crate::device::Backend;
use crate::{Device, Float, Tensor};

/// `shaders/reduce.wgsl`
pub static SHADER: Shader = Shader {
    name: "reduce",
    parts: &[wgsl!("lib/sum64.wgsl"), wgsl!("reduce.wgsl")],
    buffers: &[Access::Read, Access::ReadWrite],
};

/// Constants for validation.
pub fn variants() -> super::Variants {
    (0..3).map(|stage| vec![("STAGE", stage)]).collect()
}

/// Elements that one workgroup sums. Fixed, because it decides the rounding.
const SLICE: usize = 8192;

/// `y[at] = sum of x`
pub fn sum(device: &Device, x: &Tensor, y: &Tensor, at: usize) {
    assert!(at < y.len(), "reduce: output");
    match device.backend() {
        Backend::Cpu(_) => y.cpu_mut()[at] = x.cpu().iter().sum(),
        Backend::Gpu(_) => run(device, 2, x, x.len(), y, at, 0.0),
    }
}

/// `y[at] = |x|` and `y[at + 1] = min(1, max_norm / (|x| + 1e-6))`, as `torch.nn.utils.clip_grad_norm_` computes it.
/// An infinite `max_norm` clips nothing.
pub fn norm_and_clip(device: &Device, x: &Tensor, max_norm: f32, y: &Tensor, at: usize) {
    assert!(at + 1 < y.len(), "reduce: output");
    match device.backend() {
        Backend::Cpu(_) => {
            let [norm, clip] = norm_and_clip_cpu(&x.cpu(), max_norm);
            y.cpu_mut()[at..at + 2].copy_from_slice(&[norm, clip]);
        }
        Backend::Gpu(_) => {
            let partial = device.empty(1, x.len().div_ceil(SLICE));
            run(device, 0, x, SLICE, &partial, 0, 0.0);
            run(device, 1, &partial, partial.len(), y, at, max_norm.min(f32::MAX));
        }
    }
}

fn run(device: &Device, stage: u32, x: &Tensor, slice: usize, y: &Tensor, at: usize, max_norm: f32) {
    let gpu = device.as_gpu().expect("a GPU");
    let params = [x.len() as u32, slice as u32, at as u32, max_norm.to_bits()];
    let groups = [x.len().div_ceil(slice.max(1)) as u32, 1, 1];
    dispatch(gpu, &SHADER, &[("STAGE", stage)], &[x.binding(), y.binding()], &params, groups);
}

/// The CPU body: (norm, factor).
pub fn norm_and_clip_cpu<F: Float>(x: &[F], max_norm: f32) -> [F; 2] {
    // Summed in f64: a long f32 sum of squares loses digits.
    let norm = x.iter().map(|v| v.to_f64() * v.to_f64()).sum::<f64>().sqrt();
    [F::of(norm), F::of((f64::from(max_norm) / (norm + 1e-6)).min(1.0))]
}
