//! Self-attention within each packed sequence, and its derivative: flash style, nothing of size T x T is kept.

mod gpu;

use multiversion::multiversion;

use crate::cpu::{Matrix, for_each, for_each_row, gemm_on_this_thread};
use crate::device::Backend;
use crate::{Device, Float, Indices, Tape, Tensor, Var};
pub(crate) use gpu::{
    SHADER, SHADER_BWD_DKV, SHADER_BWD_DQ, SHADER_BWD_TILES, SHADER_DELTA, SHADER_TILES, variants, variants_bwd_tiles,
};

/// The sequences of a packed batch, on the device.
#[derive(Debug, Clone)]
pub struct Sequences {
    /// Where each sequence starts, and the number of tokens at the end: [S + 1].
    pub starts: Indices,
    /// First token of each token's own sequence and one past its last, alternating: [2 T].
    pub bounds: Indices,
    /// What the kernels with tiles go by, on a device that takes them.
    blocks: Option<Indices>,
    host: Vec<u32>,
}

impl Sequences {
    /// From `cu_seqlens`: ascending, the first 0, the last the number of tokens.
    pub fn new(device: &Device, cu_seqlens: &[u32]) -> Self {
        let bounds: Vec<u32> =
            cu_seqlens.windows(2).flat_map(|w| (w[0]..w[1]).flat_map(move |_| [w[0], w[1]])).collect();
        let blocks = gpu::takes_tiles(device).then(|| device.indices(&gpu::blocks(cu_seqlens)));
        Self { starts: device.indices(cu_seqlens), bounds: device.indices(&bounds), blocks, host: cu_seqlens.to_vec() }
    }

    /// Sequences.
    pub fn count(&self) -> usize {
        self.host.len() - 1
    }

    /// Tokens.
    pub fn tokens(&self) -> usize {
        self.host.last().copied().unwrap_or(0) as usize
    }

    /// Floating-point operations of `products` products of each token with each of its own sequence's, D numbers long.
    fn flop(&self, products: u64, d: usize) -> u64 {
        let pairs: u64 = self.host.windows(2).map(|w| u64::from(w[1] - w[0]).pow(2)).sum();
        2 * products * pairs * d as u64
    }

    /// The start and the length of each.
    fn spans(&self) -> Vec<(usize, usize)> {
        self.host.windows(2).map(|w| (w[0] as usize, (w[1] - w[0]) as usize)).collect()
    }
}

fn scale(head_size: usize) -> f64 {
    1.0 / (head_size as f64).sqrt()
}

/// o [T, D] and lse [T, H] from qkv [T, 3 D]; D is a multiple of 4 H.
pub fn attention(device: &Device, qkv: &Tensor, sequences: &Sequences, heads: usize, o: &Tensor, lse: &Tensor) {
    let (t, d) = (o.rows(), o.cols());
    assert_eq!((qkv.rows(), qkv.cols(), sequences.tokens()), (t, 3 * d, t), "attention: shapes");
    assert!(d % (4 * heads) == 0, "attention: the head size is a multiple of 4");
    match device.backend() {
        Backend::Cpu(_) => {
            attention_cpu(&qkv.cpu(), &sequences.spans(), [d, heads], &mut o.cpu_mut(), &mut lse.cpu_mut());
        }
        Backend::Gpu(gpu) => gpu::forward(gpu, qkv, sequences, heads, [o, lse]),
    }
}

/// Rows of one head of one sequence inside qkv: q, k or v (`part` 0, 1, 2) as a matrix [length, E].
fn part<F>(qkv: &[F], d: usize, e: usize, (start, len, head): (usize, usize, usize), part: usize) -> Matrix<'_, F> {
    Matrix::strided(&qkv[start * 3 * d + part * d + head * e..], len, e, 3 * d)
}

/// Queries whose scores are there at a time.
const BLOCK: usize = 64;

/// The CPU body; sequences are (start, length).
pub fn attention_cpu<F: Float>(
    qkv: &[F],
    sequences: &[(usize, usize)],
    [d, heads]: [usize; 2],
    mut o: &mut [F],
    mut lse: &mut [F],
) {
    let e = d / heads;
    let mut blocks = Vec::new();
    for (start, len) in sequences {
        for first in (0..*len).step_by(BLOCK) {
            let rows = BLOCK.min(len - first);
            let (out, log_totals);
            (out, o) = o.split_at_mut(rows * d);
            (log_totals, lse) = lse.split_at_mut(rows * heads);
            blocks.push((*start, *len, first, out, log_totals));
        }
    }
    for_each(blocks, |_, (start, len, first, out, log_totals)| {
        let rows = out.len() / d;
        F::with_scratch(rows * len, |p| {
            for head in 0..heads {
                let q = part(qkv, d, e, (start + first, rows, head), 0);
                let [k, v] = [1, 2].map(|which| part(qkv, d, e, (start, len, head), which));
                gemm_on_this_thread(F::of(scale(e)), q, k.t(), p, len);
                for (row, log_totals) in p.chunks_exact_mut(len).zip(log_totals.chunks_exact_mut(heads)) {
                    log_totals[head] = softmax(row);
                }
                gemm_on_this_thread(F::of(1.0), Matrix::new(p, rows, len), v, &mut out[head * e..], d);
            }
        });
    });
}

/// Softmax in place; returns the log of the sum of exp.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq", "x86_64+avx2"))]
fn softmax<F: Float>(row: &mut [F]) -> F {
    // Sixteen lanes, which the compiler turns into vector instructions.
    let mut tops = [row[0]; 16];
    for chunk in row.chunks(16) {
        tops.iter_mut().zip(chunk).for_each(|(top, v)| *top = top.max(*v));
    }
    let top = tops.iter().fold(tops[0], |a, b| a.max(*b));
    let mut lanes = [F::default(); 16];
    for chunk in row.chunks_mut(16) {
        chunk.iter_mut().for_each(|v| *v = (*v - top).exp());
        lanes.iter_mut().zip(chunk).for_each(|(lane, v)| *lane += *v);
    }
    let total: F = lanes.into_iter().sum();
    let inverse = F::of(1.0) / total;
    row.iter_mut().for_each(|v| *v = *v * inverse);
    top + total.ln()
}

/// dqkv [T, 3 D] of [`attention`] from its output o and the gradient of it, both [T, D].
pub fn attention_bwd(
    device: &Device,
    qkv: &Tensor,
    sequences: &Sequences,
    heads: usize,
    [o, d_o, lse]: [&Tensor; 3],
    dqkv: &Tensor,
) {
    let d = o.cols();
    match device.backend() {
        Backend::Cpu(_) => {
            let (qkv, o, d_o, lse) = (qkv.cpu(), o.cpu(), d_o.cpu(), lse.cpu());
            attention_bwd_cpu(&qkv, &sequences.spans(), [d, heads], [&o, &d_o, &lse], &mut dqkv.cpu_mut());
        }
        Backend::Gpu(gpu) => gpu::backward(device, gpu, qkv, sequences, heads, [o, d_o, lse], dqkv),
    }
}

/// The CPU body; sequences are (start, length).
pub fn attention_bwd_cpu<F: Float>(
    qkv: &[F],
    sequences: &[(usize, usize)],
    [d, heads]: [usize; 2],
    [o, d_o, lse]: [&[F]; 3],
    dqkv: &mut [F],
) {
    let e = d / heads;
    let tokens = o.len() / d;
    // Head by head first, so that threads write apart from each other.
    F::with_scratch(dqkv.len(), |by_head| {
        let mut parts: Vec<_> = (0..heads * sequences.len()).map(|_| Vec::with_capacity(3)).collect();
        for (which, mut rest) in by_head.chunks_exact_mut(tokens * e).enumerate() {
            for (i, (_, len)) in sequences.iter().enumerate() {
                let part;
                (part, rest) = rest.split_at_mut(len * e);
                parts[which % heads * sequences.len() + i].push(part);
            }
        }
        for_each(parts, |i, parts| {
            let (head, (start, len)) = (i / sequences.len(), sequences[i % sequences.len()]);
            head_bwd(qkv, (start, len, head), [d, heads], [o, d_o, lse], parts);
        });
        for_each_row(dqkv, 3 * d, |t, row| {
            for (which, to) in row.chunks_exact_mut(e).enumerate() {
                to.copy_from_slice(&by_head[(which * tokens + t) * e..][..e]);
            }
        });
    });
}

/// dq, dk and dv [length, E] of one head of one sequence.
fn head_bwd<F: Float>(
    qkv: &[F],
    item: (usize, usize, usize),
    [d, heads]: [usize; 2],
    [o, d_o, lse]: [&[F]; 3],
    mut to: Vec<&mut [F]>,
) {
    let (start, len, head) = item;
    let e = d / heads;
    let (one, scale) = (F::of(1.0), F::of(scale(e)));
    let [q, k, v] = [0, 1, 2].map(|which| part(qkv, d, e, item, which));
    let grad = Matrix::strided(&d_o[start * d + head * e..], len, e, d);
    F::with_scratch(2 * len * len, |scratch| {
        let (p, ds) = scratch.split_at_mut(len * len);
        gemm_on_this_thread(scale, q, k.t(), p, len);
        gemm_on_this_thread(one, grad, v.t(), ds, len);
        for (t, (p, ds)) in p.chunks_exact_mut(len).zip(ds.chunks_exact_mut(len)).enumerate() {
            let at = (start + t) * d + head * e;
            let delta = o[at..][..e].iter().zip(&d_o[at..]).map(|(o, g)| *o * *g).sum();
            row_bwd(p, ds, lse[(start + t) * heads + head], delta);
        }
        let (p, ds) = (Matrix::new(p, len, len), Matrix::new(ds, len, len));
        gemm_on_this_thread(scale, ds, k, to[0], e);
        gemm_on_this_thread(scale, ds.t(), q, to[1], e);
        gemm_on_this_thread(one, p.t(), grad, to[2], e);
    });
}

/// From scores to `p = exp(score - log_total)`, and from `dp = do v^T` to `ds = p * (dp - delta)`.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq", "x86_64+avx2"))]
fn row_bwd<F: Float>(p: &mut [F], ds: &mut [F], log_total: F, delta: F) {
    for (p, ds) in p.iter_mut().zip(ds) {
        *p = (*p - log_total).exp();
        *ds = *p * (*ds - delta);
    }
}

impl Tape {
    /// Attention over fused projections: qkv [T, 3 D] -> [T, D].
    pub fn attention(&mut self, qkv: &Var, sequences: &Sequences, heads: usize) -> Var {
        let device = self.device().clone();
        let (t, d) = (qkv.value().rows(), qkv.value().cols() / 3);
        let (o, lse) = (device.empty(t, d), device.empty(t, heads));
        attention(&device, qkv.value(), sequences, heads, &o, &lse);
        let (slot, sequences) = (qkv.slot(), sequences.clone());
        let (qkv, out) = (qkv.value().clone(), o.clone());
        self.record(o, slot.has_gradient(), move |device, d_o, grads| {
            let dqkv = device.empty(t, 3 * d);
            attention_bwd(device, &qkv, &sequences, heads, [&out, &d_o, &lse], &dqkv);
            grads.add(device, slot, dqkv);
        })
    }
}
