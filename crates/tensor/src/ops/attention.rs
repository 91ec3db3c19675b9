//! Self-attention within each packed sequence, and its derivative: flash style, nothing of size T x T is kept.

mod gpu;

use multiversion::multiversion;

use crate::cpu::{Matrix, gemm_on_this_thread, parallel_map};
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

    /// One (sequence start, length, head) for each piece of work on the CPU.
    fn items(&self, heads: usize) -> Vec<(usize, usize, usize)> {
        let spans = self.host.windows(2).map(|w| (w[0] as usize, (w[1] - w[0]) as usize));
        spans.flat_map(|(start, len)| (0..heads).map(move |head| (start, len, head))).collect()
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
            attention_cpu(&qkv.cpu(), &sequences.items(heads), [d, heads], &mut o.cpu_mut(), &mut lse.cpu_mut());
        }
        Backend::Gpu(gpu) => gpu::forward(gpu, qkv, sequences, heads, [o, lse]),
    }
}

/// One head of one sequence inside qkv: q, k or v (`part` 0, 1, 2) as a matrix [length, E].
fn part<F>(qkv: &[F], d: usize, e: usize, (start, len, head): (usize, usize, usize), part: usize) -> Matrix<'_, F> {
    Matrix::strided(&qkv[start * 3 * d + part * d + head * e..], len, e, 3 * d)
}

/// Scores of one head of one sequence, scaled, [length, length].
fn scores<F: Float>(qkv: &[F], d: usize, e: usize, item: (usize, usize, usize)) -> Vec<F> {
    let mut s = vec![F::default(); item.1 * item.1];
    let (q, k) = (part(qkv, d, e, item, 0), part(qkv, d, e, item, 1));
    gemm_on_this_thread(F::of(scale(e)), q, k.t(), &mut s, item.1);
    s
}

/// The CPU body; items are (sequence start, length, head).
pub fn attention_cpu<F: Float>(
    qkv: &[F],
    items: &[(usize, usize, usize)],
    [d, heads]: [usize; 2],
    o: &mut [F],
    lse: &mut [F],
) {
    let e = d / heads;
    let results = parallel_map(items.len(), |i| {
        let (_, len, _) = items[i];
        let mut p = scores(qkv, d, e, items[i]);
        let mut log_totals = vec![F::default(); len];
        for (row, log_total) in p.chunks_mut(len).zip(&mut log_totals) {
            *log_total = softmax(row);
        }
        let mut out = vec![F::default(); len * e];
        let p = Matrix::new(&p, len, len);
        gemm_on_this_thread(F::of(1.0), p, part(qkv, d, e, items[i], 2), &mut out, e);
        (out, log_totals)
    });
    for (&(start, len, head), (out, log_totals)) in items.iter().zip(&results) {
        for t in 0..len {
            o[(start + t) * d + head * e..][..e].copy_from_slice(&out[t * e..][..e]);
            lse[(start + t) * heads + head] = log_totals[t];
        }
    }
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

/// `exp(v - log_total)` in place.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq", "x86_64+avx2"))]
fn exp_below<F: Float>(row: &mut [F], log_total: F) {
    row.iter_mut().for_each(|v| *v = (*v - log_total).exp());
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
            attention_bwd_cpu(&qkv, &sequences.items(heads), [d, heads], [&o, &d_o, &lse], &mut dqkv.cpu_mut());
        }
        Backend::Gpu(gpu) => gpu::backward(device, gpu, qkv, sequences, heads, [o, d_o, lse], dqkv),
    }
}

/// The CPU body.
pub fn attention_bwd_cpu<F: Float>(
    qkv: &[F],
    items: &[(usize, usize, usize)],
    [d, heads]: [usize; 2],
    [o, d_o, lse]: [&[F]; 3],
    dqkv: &mut [F],
) {
    let e = d / heads;
    let (zero, one, scale) = (F::of(0.0), F::of(1.0), F::of(scale(e)));
    let results = parallel_map(items.len(), |i| {
        let (start, len, head) = items[i];
        let grad = Matrix::strided(&d_o[start * d + head * e..], len, e, d);
        let mut p = scores(qkv, d, e, items[i]);
        for (t, row) in p.chunks_mut(len).enumerate() {
            exp_below(row, lse[(start + t) * heads + head]);
        }
        // ds = p * (do v^T - delta)
        let mut ds = vec![zero; len * len];
        gemm_on_this_thread(one, grad, part(qkv, d, e, items[i], 2).t(), &mut ds, len);
        for (t, row) in ds.chunks_mut(len).enumerate() {
            let at = (start + t) * d + head * e;
            let delta: F = o[at..][..e].iter().zip(&d_o[at..]).map(|(o, g)| *o * *g).sum();
            row.iter_mut().zip(&p[t * len..]).for_each(|(ds, p)| *ds = *p * (*ds - delta));
        }
        let mut out = vec![zero; 3 * len * e];
        let (dq, rest) = out.split_at_mut(len * e);
        let (dk, dv) = rest.split_at_mut(len * e);
        let (p, ds) = (Matrix::new(&p, len, len), Matrix::new(&ds, len, len));
        gemm_on_this_thread(scale, ds, part(qkv, d, e, items[i], 1), dq, e);
        gemm_on_this_thread(scale, ds.t(), part(qkv, d, e, items[i], 0), dk, e);
        gemm_on_this_thread(one, p.t(), grad, dv, e);
        out
    });
    for (&(start, len, head), out) in items.iter().zip(&results) {
        for (row, from) in out.chunks(e).enumerate() {
            let (kind, t) = (row / len, row % len);
            dqkv[(start + t) * 3 * d + kind * d + head * e..][..e].copy_from_slice(from);
        }
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
