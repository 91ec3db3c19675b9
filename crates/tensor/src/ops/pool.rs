//! One vector for each packed sequence: its first token (`[CLS]`) or the mean of its tokens.

use graftwork_gpu::{Access, Shader};

use super::attention::Sequences;
use super::{dispatch, groups_for, wgsl};
use crate::device::Backend;
use crate::{Device, Float, Tape, Tensor, Var};

const BUFFERS: &[Access] = &[Access::Read, Access::Read, Access::ReadWrite];

/// `shaders/pool.wgsl`
pub static SHADER: Shader = Shader { name: "pool", parts: &[wgsl!("pool.wgsl")], buffers: BUFFERS };

/// `shaders/pool_bwd.wgsl`
pub static SHADER_BWD: Shader = Shader { name: "pool_bwd", parts: &[wgsl!("pool_bwd.wgsl")], buffers: BUFFERS };

/// Constants for validation.
pub fn variants() -> super::Variants {
    vec![vec![("MEAN", 0)], vec![("MEAN", 1)]]
}

/// Which vector stands for a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pool {
    /// The first token's.
    First,
    /// The mean over all tokens, special ones included, as sentence-transformers computes it.
    Mean,
}

/// y [S, D] from x [T, D].
pub fn pool(device: &Device, x: &Tensor, sequences: &Sequences, kind: Pool, y: &Tensor) {
    assert_eq!((x.rows(), y.rows(), y.cols()), (sequences.tokens(), sequences.count(), x.cols()), "pool: shapes");
    match device.backend() {
        Backend::Cpu(_) => pool_cpu(&x.cpu(), &sequences.starts.values(), x.cols(), kind, &mut y.cpu_mut()),
        Backend::Gpu(_) => pool_gpu(device, &SHADER, [x, y], sequences, kind, y.len()),
    }
}

/// dx [T, D] from dy [S, D].
pub fn pool_bwd(device: &Device, dy: &Tensor, sequences: &Sequences, kind: Pool, dx: &Tensor) {
    match device.backend() {
        Backend::Cpu(_) => pool_bwd_cpu(&dy.cpu(), &sequences.starts.values(), dy.cols(), kind, &mut dx.cpu_mut()),
        Backend::Gpu(_) => pool_gpu(device, &SHADER_BWD, [dy, dx], sequences, kind, dy.len()),
    }
}

fn pool_gpu(
    device: &Device,
    shader: &'static Shader,
    [from, to]: [&Tensor; 2],
    sequences: &Sequences,
    kind: Pool,
    threads: usize,
) {
    let gpu = device.as_gpu().expect("a GPU");
    let buffers = [from.binding(), sequences.starts.binding(), to.binding()];
    let params = [sequences.count() as u32, from.cols() as u32];
    dispatch(gpu, shader, &[("MEAN", u32::from(kind == Pool::Mean))], &buffers, &params, groups_for(threads));
}

/// The CPU body.
pub fn pool_cpu<F: Float>(x: &[F], starts: &[u32], d: usize, kind: Pool, y: &mut [F]) {
    for (span, y) in starts.windows(2).zip(y.chunks_mut(d)) {
        let (begin, end) = (span[0] as usize, span[1] as usize);
        y.copy_from_slice(&x[begin * d..][..d]);
        if kind == Pool::Mean {
            for row in x[(begin + 1) * d..end * d].chunks(d) {
                y.iter_mut().zip(row).for_each(|(y, x)| *y += *x);
            }
            let n = F::of((end - begin) as f64);
            y.iter_mut().for_each(|y| *y = *y / n);
        }
    }
}

/// The CPU body of the derivative.
pub fn pool_bwd_cpu<F: Float>(dy: &[F], starts: &[u32], d: usize, kind: Pool, dx: &mut [F]) {
    for (span, dy) in starts.windows(2).zip(dy.chunks(d)) {
        let (begin, end) = (span[0] as usize, span[1] as usize);
        let n = F::of((end - begin) as f64);
        for (t, row) in dx[begin * d..end * d].chunks_mut(d).enumerate() {
            row.iter_mut().zip(dy).for_each(|(dx, dy)| {
                *dx = match kind {
                    Pool::Mean => *dy / n,
                    Pool::First if t == 0 => *dy,
                    Pool::First => F::of(0.0),
                }
            });
        }
    }
}

impl Tape {
    /// One vector a sequence: x [T, D] -> [S, D].
    pub fn pool(&mut self, x: &Var, sequences: &Sequences, kind: Pool) -> Var {
        let (rows, cols) = (x.value().rows(), x.value().cols());
        let y = self.device().empty(sequences.count(), cols);
        pool(self.device(), x.value(), sequences, kind, &y);
        let (x, sequences) = (x.slot(), sequences.clone());
        self.record(y, x.has_gradient(), move |device, dy, grads| {
            let dx = device.empty(rows, cols);
            pool_bwd(device, &dy, &sequences, kind, &dx);
            grads.add(device, x, dx);
        })
    }
}
