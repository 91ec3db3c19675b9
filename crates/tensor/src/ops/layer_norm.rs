//! `y = LN(x + residual)`: layer normalisation (Ba, Kiros and Hinton 2016) of a sum, and its derivative.

use graftwork_gpu::{Access, Shader};
use multiversion::multiversion;

use super::{dispatch, groups, same_shape, sum_rows, wgsl};
use crate::cpu::{self, for_each_row, for_each_row2};
use crate::device::Backend;
use crate::{Device, Float, Param, Tape, Tensor, Var};

/// `shaders/layer_norm.wgsl`
pub static SHADER: Shader = Shader {
    name: "layer_norm",
    parts: &[wgsl!("lib/sum64.wgsl"), wgsl!("layer_norm.wgsl")],
    buffers: &[
        Access::Read,
        Access::Read,
        Access::Read,
        Access::Read,
        Access::ReadWrite,
        Access::ReadWrite,
        Access::ReadWrite,
    ],
};

/// `shaders/layer_norm_bwd.wgsl`
pub static SHADER_BWD: Shader = Shader {
    name: "layer_norm_bwd",
    parts: &[wgsl!("lib/sum64.wgsl"), wgsl!("layer_norm_bwd.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::Read, Access::Read, Access::ReadWrite, Access::ReadWrite],
};

/// Constants for validation.
pub fn variants() -> super::Variants {
    (0..4).map(|bits| vec![("HAS_RESIDUAL", bits & 1), ("KEEP", bits >> 1)]).collect()
}

/// Constants for validation.
pub fn variants_bwd() -> super::Variants {
    vec![vec![("KEEP_DY_H", 0)], vec![("KEEP_DY_H", 1)]]
}

/// What backward needs: the sum that was normalised [T, D], and mean and inverse standard deviation of its rows [T, 2].
#[derive(Debug, Clone)]
pub struct Saved {
    /// `x + residual`
    pub sum: Tensor,
    /// One row (mean, 1 / standard deviation) a token.
    pub stats: Tensor,
}

impl Saved {
    /// Room for it.
    pub fn empty(device: &Device, rows: usize, cols: usize) -> Self {
        Self { sum: device.empty(rows, cols), stats: device.empty(rows, 2) }
    }
}

/// y = LN(x + residual), all [T, D]; gamma and beta have D elements.
pub fn layer_norm(
    device: &Device,
    (x, residual): (&Tensor, Option<&Tensor>),
    [gamma, beta]: [&Tensor; 2],
    eps: f32,
    y: &Tensor,
    saved: Option<&Saved>,
) {
    let (rows, cols) = (x.rows(), x.cols());
    same_shape("layer_norm", x, y);
    assert_eq!((gamma.len(), beta.len()), (cols, cols), "layer_norm: gamma and beta");
    match device.backend() {
        Backend::Cpu(_) => {
            let residual = residual.map(|r| r.cpu());
            let (x, gamma, beta) = (x.cpu(), gamma.cpu(), beta.cpu());
            let mut sum = saved.map(|s| s.sum.cpu_mut());
            let mut stats = saved.map(|s| s.stats.cpu_mut());
            let kept = sum.as_deref_mut().zip(stats.as_deref_mut());
            layer_norm_cpu((&x, residual.as_deref()), [&gamma, &beta], eps, &mut y.cpu_mut(), kept);
        }
        Backend::Gpu(gpu) => {
            let unused = [device.empty(1, 1), device.empty(1, 1)];
            let buffers = [
                x.binding(),
                residual.unwrap_or(x).binding(),
                gamma.binding(),
                beta.binding(),
                y.binding(),
                saved.map_or(&unused[0], |s| &s.sum).binding(),
                saved.map_or(&unused[1], |s| &s.stats).binding(),
            ];
            let constants = [("HAS_RESIDUAL", u32::from(residual.is_some())), ("KEEP", u32::from(saved.is_some()))];
            let params = [rows as u32, cols as u32, eps.to_bits()];
            dispatch(gpu, &SHADER, &constants, &buffers, &params, groups(rows));
        }
    }
}

/// The CPU body; `kept` gets the sum [T, D] and the statistics [T, 2].
pub fn layer_norm_cpu<F: Float>(
    (x, residual): (&[F], Option<&[F]>),
    [gamma, beta]: [&[F]; 2],
    eps: f32,
    y: &mut [F],
    kept: Option<(&mut [F], &mut [F])>,
) {
    let d = gamma.len();
    let row = |i: usize, y: &mut [F]| {
        y.copy_from_slice(&x[i * d..][..d]);
        if let Some(residual) = residual {
            cpu::add(y, &residual[i * d..]);
        }
        statistics(y, F::of(f64::from(eps)))
    };
    match kept {
        Some((sum, stats)) => {
            for_each_row2(sum, d, stats, 2, |i, sum, stats| stats.copy_from_slice(&row(i, sum)));
            for_each_row2(y, d, stats, 2, |i, y, stats| {
                y.copy_from_slice(&sum[i * d..][..d]);
                normalise(y, [stats[0], stats[1]], gamma, beta);
            });
        }
        None => for_each_row(y, d, |i, y| {
            let stats = row(i, y);
            normalise(y, stats, gamma, beta);
        }),
    }
}

/// The mean of a row and the inverse of its standard deviation.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq", "x86_64+avx2"))]
fn statistics<F: Float>(row: &[F], eps: F) -> [F; 2] {
    let n = F::of(row.len() as f64);
    let mean = lane_sum(row, |v| v) / n;
    let variance = lane_sum(row, |v| (v - mean) * (v - mean)) / n;
    [mean, F::of(1.0) / (variance + eps).sqrt()]
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq", "x86_64+avx2"))]
fn normalise<F: Float>(row: &mut [F], [mean, inverse]: [F; 2], gamma: &[F], beta: &[F]) {
    row.iter_mut().zip(gamma.iter().zip(beta)).for_each(|(y, (g, b))| *y = (*y - mean) * inverse * *g + *b);
}

/// Sum over a row in eight lanes, which the compiler turns into vector instructions.
#[inline(always)]
fn lane_sum<F: Float>(row: &[F], f: impl Fn(F) -> F) -> F {
    let mut lanes = [F::default(); 8];
    let chunks = row.chunks_exact(8);
    let rest = chunks.remainder().iter().map(|v| f(*v)).sum::<F>();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, v)| *lane += f(*v));
    }
    lanes.into_iter().sum::<F>() + rest
}

/// dx of [`layer_norm`] [T, D]; `dy_h` gets `dy * normalised x`, whose column sums are gamma's gradient.
pub fn layer_norm_bwd(device: &Device, dy: &Tensor, saved: &Saved, gamma: &Tensor, dx: &Tensor, dy_h: Option<&Tensor>) {
    let (rows, cols) = (dy.rows(), dy.cols());
    same_shape("layer_norm_bwd", dy, dx);
    match device.backend() {
        Backend::Cpu(_) => {
            let mut dy_h = dy_h.map(|t| t.cpu_mut());
            layer_norm_bwd_cpu(
                &dy.cpu(),
                (&saved.sum.cpu(), &saved.stats.cpu()),
                &gamma.cpu(),
                &mut dx.cpu_mut(),
                dy_h.as_deref_mut(),
            );
        }
        Backend::Gpu(gpu) => {
            let unused = device.empty(1, 1);
            let buffers = [
                dy.binding(),
                saved.sum.binding(),
                gamma.binding(),
                saved.stats.binding(),
                dx.binding(),
                dy_h.unwrap_or(&unused).binding(),
            ];
            let constants = [("KEEP_DY_H", u32::from(dy_h.is_some()))];
            dispatch(gpu, &SHADER_BWD, &constants, &buffers, &[rows as u32, cols as u32], groups(rows));
        }
    }
}

/// The CPU body.
pub fn layer_norm_bwd_cpu<F: Float>(
    dy: &[F],
    (sum, stats): (&[F], &[F]),
    gamma: &[F],
    dx: &mut [F],
    dy_h: Option<&mut [F]>,
) {
    let d = gamma.len();
    for_each_row(dx, d, |i, dx| {
        back(&dy[i * d..][..d], &sum[i * d..][..d], [stats[2 * i], stats[2 * i + 1]], gamma, dx);
    });
    if let Some(dy_h) = dy_h {
        for_each_row(dy_h, d, |i, out| {
            let (mean, r) = (stats[2 * i], stats[2 * i + 1]);
            let row = dy[i * d..][..d].iter().zip(&sum[i * d..]);
            out.iter_mut().zip(row).for_each(|(out, (dy, s))| *out = *dy * (*s - mean) * r);
        });
    }
}

/// One row of dx.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq", "x86_64+avx2"))]
fn back<F: Float>(dy: &[F], s: &[F], [mean, r]: [F; 2], gamma: &[F], dx: &mut [F]) {
    let n = F::of(dx.len() as f64);
    // dx holds g while the means are taken.
    dx.iter_mut().zip(dy.iter().zip(gamma)).for_each(|(dx, (dy, gamma))| *dx = *dy * *gamma);
    let mean_g = lane_sum(dx, |g| g) / n;
    let mut lanes = [F::default(); 8];
    for (chunk, s) in dx.chunks(8).zip(s.chunks(8)) {
        lanes.iter_mut().zip(chunk.iter().zip(s)).for_each(|(lane, (g, s))| *lane += *g * (*s - mean) * r);
    }
    let mean_gh = lanes.into_iter().sum::<F>() / n;
    dx.iter_mut().zip(s).for_each(|(dx, s)| *dx = r * (*dx - mean_g - (*s - mean) * r * mean_gh));
}

impl Tape {
    /// `LN(x + residual)`, [T, D]. Gamma and beta learn if they have gradients.
    pub fn layer_norm(&mut self, x: &Var, residual: Option<&Var>, gamma: &Param, beta: &Param, eps: f32) -> Var {
        let (rows, cols) = (x.value().rows(), x.value().cols());
        let trains = self.learns(gamma.grad.as_ref()) || self.learns(beta.grad.as_ref());
        let flows = x.has_gradient() || residual.is_some_and(Var::has_gradient);
        let device = self.device().clone();
        let y = device.empty(rows, cols);
        let saved = (trains || flows).then(|| Saved::empty(&device, rows, cols));
        let sum = (x.value(), residual.map(Var::value));
        layer_norm(&device, sum, [&gamma.value, &beta.value], eps, &y, saved.as_ref());
        let Some(saved) = saved else { return self.constant(y) };
        let (x, residual, gamma, beta) = (x.slot(), residual.map(Var::slot), gamma.clone(), beta.clone());
        self.record(y, true, move |device, dy, grads| {
            let dx = device.empty(rows, cols);
            let dy_h = gamma.grad.is_some().then(|| device.empty(rows, cols));
            layer_norm_bwd(device, &dy, &saved, &gamma.value, &dx, dy_h.as_ref());
            if let (Some(grad), Some(dy_h)) = (&gamma.grad, &dy_h) {
                sum_rows::accumulate(device, dy_h, grad);
            }
            if let Some(grad) = &beta.grad {
                sum_rows::accumulate(device, &dy, grad);
            }
            if let Some(residual) = residual {
                grads.add(device, residual, dx.clone());
            }
            grads.add(device, x, dx);
        })
    }
}
