//! Self-attention within each packed sequence, and its derivative: flash style, nothing of size T x T is kept.

mod gpu;

use std::sync::{Arc, Mutex};

use multiversion::multiversion;

use crate::cpu::{Matrix, for_each, for_each_row, gemm_on_this_thread, threads};
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
    /// On a GPU the first token of each token's own sequence and one past its last, alternating: [2 T].
    bounds: Option<Indices>,
    /// What the kernels with tiles go by, on a device that takes them.
    blocks: Option<Indices>,
    host: Arc<[u32]>,
}

impl Sequences {
    /// From `cu_seqlens`: ascending, the first 0, the last the number of tokens.
    pub fn new(device: &Device, cu_seqlens: &[u32]) -> Self {
        let tokens = cu_seqlens.last().copied().unwrap_or(0) as usize;
        let bounds = cu_seqlens.windows(2).flat_map(|w| (w[0]..w[1]).flat_map(move |_| [w[0], w[1]]));
        let bounds = device.as_gpu().map(|_| device.indices_from(2 * tokens, bounds));
        let blocks = gpu::takes_tiles(device).then(|| device.indices(&gpu::blocks(cu_seqlens)));
        Self { starts: device.indices(cu_seqlens), bounds, blocks, host: cu_seqlens.into() }
    }

    /// Sequences.
    pub fn count(&self) -> usize {
        self.host.len() - 1
    }

    /// Tokens.
    pub fn tokens(&self) -> usize {
        self.host.last().copied().unwrap_or(0) as usize
    }

    fn bounds(&self) -> &Indices {
        self.bounds.as_ref().expect("sequences that were made on a GPU")
    }

    /// Floating-point operations of `products` products of each token with each of its own sequence's, D numbers long.
    fn flop(&self, products: u64, d: usize) -> u64 {
        let pairs: u64 = spans(&self.host).map(|(_, len)| (len as u64).pow(2)).sum();
        2 * products * pairs * d as u64
    }
}

/// The start and the length of each sequence.
fn spans(cu_seqlens: &[u32]) -> impl Iterator<Item = (usize, usize)> {
    cu_seqlens.windows(2).map(|w| (w[0] as usize, (w[1] - w[0]) as usize))
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
            attention_cpu(&qkv.cpu(), &sequences.host, [d, heads], &mut o.cpu_mut(), &mut lse.cpu_mut());
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
/// Parts that a thread takes, if there are enough.
const PARTS: usize = 2;

/// The CPU body.
pub fn attention_cpu<F: Float>(qkv: &[F], cu_seqlens: &[u32], [d, heads]: [usize; 2], o: &mut [F], lse: &mut [F]) {
    let e = d / heads;
    let blocks = spans(cu_seqlens).map(|(_, len)| len.div_ceil(BLOCK)).sum::<usize>();
    // Where there are few blocks, a part is some heads of one.
    let some = (heads * blocks).div_ceil(PARTS * threads()).clamp(1, heads);
    let some = if threads() == 1 { heads } else { some };
    let of_block = |(start, len, first)| (0..heads).step_by(some).map(move |head| (start, len, first, head));
    let of_sequence = |(start, len): (usize, usize)| (0..len).step_by(BLOCK).map(move |first| (start, len, first));
    let parts = spans(cu_seqlens).flat_map(of_sequence).flat_map(of_block);
    let result = Mutex::new((o, lse));
    for_each(blocks * heads.div_ceil(some), parts, |(start, len, first, head)| {
        let (rows, some) = (BLOCK.min(len - first), some.min(heads - head));
        F::with_scratch(rows * (len + some * (e + 1)), |scratch| {
            let (p, own) = scratch.split_at_mut(rows * len);
            let (out, log_totals) = own.split_at_mut(rows * some * e);
            for i in 0..some {
                let q = part(qkv, d, e, (start + first, rows, head + i), 0);
                let [k, v] = [1, 2].map(|which| part(qkv, d, e, (start, len, head + i), which));
                gemm_on_this_thread(F::of(scale(e)), q, k.t(), p, len);
                for (row, log_totals) in p.chunks_exact_mut(len).zip(log_totals.chunks_exact_mut(some)) {
                    log_totals[i] = softmax(row);
                }
                gemm_on_this_thread(F::of(1.0), Matrix::new(p, rows, len), v, &mut out[i * e..], some * e);
            }
            let (o, lse) = &mut *result.lock().expect("a result");
            for row in 0..rows {
                let at = (start + first + row) * heads + head;
                o[at * e..][..some * e].copy_from_slice(&out[row * some * e..][..some * e]);
                lse[at..][..some].copy_from_slice(&log_totals[row * some..][..some]);
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
            attention_bwd_cpu(&qkv, &sequences.host, [d, heads], [&o, &d_o, &lse], &mut dqkv.cpu_mut());
        }
        Backend::Gpu(gpu) => gpu::backward(device, gpu, qkv, sequences, heads, [o, d_o, lse], dqkv),
    }
}

/// The CPU body.
pub fn attention_bwd_cpu<F: Float>(
    qkv: &[F],
    cu_seqlens: &[u32],
    [d, heads]: [usize; 2],
    [o, d_o, lse]: [&[F]; 3],
    dqkv: &mut [F],
) {
    let e = d / heads;
    let tokens = o.len() / d;
    // Head by head first, so that threads write apart from each other.
    F::with_scratch(dqkv.len(), |by_head| {
        let (mut dq, rest) = by_head.split_at_mut(tokens * d);
        let (mut dk, mut dv) = rest.split_at_mut(tokens * d);
        let items = (0..heads).flat_map(|head| spans(cu_seqlens).map(move |(start, len)| (start, len, head)));
        let items = items.map(|item| {
            let own = [&mut dq, &mut dk, &mut dv].map(|rest| rest.split_off_mut(..item.1 * e).expect("rows"));
            (item, own)
        });
        for_each(heads * (cu_seqlens.len() - 1), items, |(item, own)| {
            head_bwd(qkv, item, [d, heads], [o, d_o, lse], own);
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
    [dq, dk, dv]: [&mut [F]; 3],
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
        gemm_on_this_thread(scale, ds, k, dq, e);
        gemm_on_this_thread(scale, ds.t(), q, dk, e);
        gemm_on_this_thread(one, p.t(), grad, dv, e);
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
