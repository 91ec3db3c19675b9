//! Rows scaled to length 1, as PyTorch's `normalize`, and the derivative.

use graftwork_gpu::{Access, Shader};

use super::{dispatch, groups, same_shape, wgsl};
use crate::device::Backend;
use crate::{Device, Float, Tape, Tensor, Var};

/// `shaders/normalize.wgsl`
pub static SHADER: Shader = Shader {
    name: "normalize",
    parts: &[wgsl!("lib/sum64.wgsl"), wgsl!("normalize.wgsl")],
    buffers: &[Access::Read, Access::ReadWrite],
};

/// `shaders/normalize_bwd.wgsl`
pub static SHADER_BWD: Shader = Shader {
    name: "normalize_bwd",
    parts: &[wgsl!("lib/sum64.wgsl"), wgsl!("normalize_bwd.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::ReadWrite],
};

/// Shorter rows are scaled as if they were so long: a row of zeros stays one.
const SHORTEST: f64 = 1e-12;

/// `y = x / max(|x|, 1e-12)` row by row; x and y [N, D].
pub fn normalize(device: &Device, x: &Tensor, y: &Tensor) {
    same_shape("normalize", x, y);
    match device.backend() {
        Backend::Cpu(_) => normalize_cpu(&x.cpu(), x.cols(), &mut y.cpu_mut()),
        Backend::Gpu(gpu) => {
            let params = [x.rows() as u32, x.cols() as u32];
            dispatch(gpu, &SHADER, &[], &[x.binding(), y.binding()], &params, groups(x.rows()));
        }
    }
}

/// The CPU body; rows have `d` elements.
pub fn normalize_cpu<F: Float>(x: &[F], d: usize, y: &mut [F]) {
    for (x, y) in x.chunks(d.max(1)).zip(y.chunks_mut(d.max(1))) {
        let length = length(x).max(F::of(SHORTEST));
        y.iter_mut().zip(x).for_each(|(y, x)| *y = *x / length);
    }
}

/// dx of [`normalize`] from dy and x, all [N, D].
pub fn normalize_bwd(device: &Device, dy: &Tensor, x: &Tensor, dx: &Tensor) {
    same_shape("normalize_bwd", dy, x);
    same_shape("normalize_bwd", dy, dx);
    match device.backend() {
        Backend::Cpu(_) => normalize_bwd_cpu(&dy.cpu(), &x.cpu(), x.cols(), &mut dx.cpu_mut()),
        Backend::Gpu(gpu) => {
            let params = [x.rows() as u32, x.cols() as u32];
            let buffers = [dy.binding(), x.binding(), dx.binding()];
            dispatch(gpu, &SHADER_BWD, &[], &buffers, &params, groups(x.rows()));
        }
    }
}

/// The CPU body.
pub fn normalize_bwd_cpu<F: Float>(dy: &[F], x: &[F], d: usize, dx: &mut [F]) {
    for ((dy, x), dx) in dy.chunks(d.max(1)).zip(x.chunks(d.max(1))).zip(dx.chunks_mut(d.max(1))) {
        let found = length(x);
        let length = found.max(F::of(SHORTEST));
        let along: F = x.iter().zip(dy).map(|(x, dy)| *x * *dy).sum();
        let share = if found > F::of(SHORTEST) { along / length / length } else { F::of(0.0) };
        dx.iter_mut().zip(dy.iter().zip(x)).for_each(|(dx, (dy, x))| *dx = (*dy - *x * share) / length);
    }
}

fn length<F: Float>(row: &[F]) -> F {
    row.iter().map(|v| *v * *v).sum::<F>().sqrt()
}

impl Tape {
    /// Rows of length 1: x [N, D] -> [N, D].
    pub fn normalize(&mut self, x: &Var) -> Var {
        let (rows, cols) = (x.value().rows(), x.value().cols());
        let y = self.device().empty(rows, cols);
        normalize(self.device(), x.value(), &y);
        let (value, learns, x) = (x.value().clone(), x.has_gradient(), x.slot());
        self.record(y, learns, move |device, dy, grads| {
            let dx = device.empty(rows, cols);
            normalize_bwd(device, &dy, &value, &dx);
            grads.add(device, x, dx);
        })
    }
}
