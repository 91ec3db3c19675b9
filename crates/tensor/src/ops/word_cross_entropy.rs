//! Cross-entropy over a whole vocabulary, whose logits are products with a frozen table of words: computed in slices of the
//! vocabulary with an online log-sum-exp, and once more in backward, so that memory does not grow with the vocabulary.

use std::ops::Range;

use graftwork_gpu::{Access, Shader};

use super::gemm::{Epilogue, Layout, gemm};
use super::{dispatch, groups, groups_for, sum_rows, wgsl};
use crate::cpu::{for_each, for_each_row};
use crate::device::Backend;
use crate::{Device, Float, Indices, Param, Tape, Tensor, Var, Weight};

/// `shaders/word_cross_entropy.wgsl`
pub static SHADER: Shader = Shader {
    name: "word_cross_entropy",
    parts: &[wgsl!("word_cross_entropy.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::ReadWrite, Access::ReadWrite],
};

/// `shaders/word_cross_entropy_bwd.wgsl`
pub static SHADER_BWD: Shader = Shader {
    name: "word_cross_entropy_bwd",
    parts: &[wgsl!("word_cross_entropy_bwd.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::Read, Access::ReadWrite],
};

/// Constants for validation.
pub fn variants() -> super::Variants {
    vec![vec![("FRESH", 0)], vec![("FRESH", 1)]]
}

/// Words of a slice. Fixed, because it decides the rounding; a multiple of 128, because rows of a table of any width begin
/// there where a GPU can bind, with two elements a word too.
pub const SLICE: usize = 4096;

/// Where logits come from: `x W^T + b`.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// W [V, E], frozen, of any type.
    pub table: &'a Weight,
    /// b, one for each word; it learns if it has a gradient.
    pub bias: Option<&'a Param>,
}

impl Words<'_> {
    fn slices(self) -> impl Iterator<Item = Range<usize>> {
        let words = self.table.rows();
        (0..words).step_by(SLICE).map(move |first| first..words.min(first + SLICE))
    }

    /// The logits [N, words of the slice] of x [N, E].
    pub fn logits(self, device: &Device, x: &Tensor, slice: &Range<usize>) -> Tensor {
        let z = device.empty(x.rows(), slice.len());
        let bias = self.bias.map(|bias| bias.value.view(slice.start, 1, slice.len()));
        let epilogue = Epilogue { bias: bias.as_ref(), ..Epilogue::default() };
        gemm(device, x, self.table.slice(slice.clone()), Layout::Nt, epilogue, &z);
        z
    }
}

/// y [N, 2] of x [N, E]: the loss `log sum exp(z) - z[label]` of each row, and 1 where the first word of the largest logit is the
/// label, else 0. `state` [N, 4] gets what backward reads: the largest logit, the sum of `exp(z - largest)`, the label's logit,
/// and that word as a number.
///
/// The caller has checked that every label is below V, which is at most 2^24.
pub fn word_cross_entropy(device: &Device, x: &Tensor, words: Words<'_>, labels: &Indices, state: &Tensor, y: &Tensor) {
    let n = x.rows();
    assert_eq!((labels.len(), state.len(), y.len()), (n, 4 * n, 2 * n), "word_cross_entropy: rows");
    for slice in words.slices() {
        let z = words.logits(device, x, &slice);
        match device.backend() {
            Backend::Cpu(_) => {
                fold_cpu(&z.cpu(), &labels.values(), slice.start, &mut state.cpu_mut(), &mut y.cpu_mut())
            }
            Backend::Gpu(gpu) => {
                let buffers = [z.binding(), labels.binding(), state.binding(), y.binding()];
                let params = [n as u32, slice.len() as u32, slice.start as u32];
                let constants = [("FRESH", u32::from(slice.start == 0))];
                dispatch(gpu, &SHADER, &constants, &buffers, &params, groups(n));
            }
        }
    }
}

/// Turns a slice's logits z [N, width], of the words from `first` on, into their derivative, by the first column of dy [N, 2].
fn back(device: &Device, z: &Tensor, labels: &Indices, first: usize, (state, dy): (&Tensor, &Tensor)) {
    match device.backend() {
        Backend::Cpu(_) => back_cpu(&mut z.cpu_mut(), &labels.values(), first, &state.cpu(), &dy.cpu()),
        Backend::Gpu(gpu) => {
            let buffers = [labels.binding(), state.binding(), dy.binding(), z.binding()];
            let params = [z.len() as u32, z.cols() as u32, first as u32];
            dispatch(gpu, &SHADER_BWD, &[], &buffers, &params, groups_for(z.len()));
        }
    }
}

/// The CPU body of one slice; `first` 0 begins anew.
pub fn fold_cpu<F: Float>(z: &[F], labels: &[u32], first: usize, state: &mut [F], y: &mut [F]) {
    let width = z.len() / labels.len().max(1);
    let rows = state.chunks_mut(4).zip(y.chunks_mut(2)).enumerate();
    for_each(rows.len(), rows, |(i, (state, y))| {
        let z = &z[i * width..][..width];
        let (at, top) =
            z.iter().enumerate().fold((0, z[0]), |(at, top), (j, z)| if *z > top { (j, *z) } else { (at, top) });
        let total: F = z.iter().map(|z| (*z - top).exp()).sum();
        let best = F::of((first + at) as f64);
        if first == 0 {
            state.copy_from_slice(&[top, total, F::of(0.0), best]);
        } else {
            let both = if top > state[0] { top } else { state[0] };
            state[1] = state[1] * (state[0] - both).exp() + total * (top - both).exp();
            if top > state[0] {
                state[3] = best;
            }
            state[0] = both;
        }
        if let Some(own) = (labels[i] as usize).checked_sub(first).and_then(|place| z.get(place)) {
            state[2] = *own;
        }
        let is_right = state[3] == F::of(f64::from(labels[i]));
        y.copy_from_slice(&[state[0] + state[1].ln() - state[2], F::of(f64::from(u8::from(is_right)))]);
    });
}

/// The CPU body of the derivative.
pub fn back_cpu<F: Float>(z: &mut [F], labels: &[u32], first: usize, state: &[F], dy: &[F]) {
    let width = z.len() / labels.len().max(1);
    for_each_row(z, width, |i, z| {
        let (top, scale) = (state[4 * i], dy[2 * i]);
        let weight = scale / state[4 * i + 1];
        z.iter_mut().for_each(|z| *z = weight * (*z - top).exp());
        if let Some(own) = (labels[i] as usize).checked_sub(first).and_then(|place| z.get_mut(place)) {
            *own += F::of(0.0) - scale;
        }
    });
}

impl Tape {
    /// [`word_cross_entropy`] of x [N, E]: rows of (loss, is it right), [N, 2]. Gradients flow through the losses, to x and to the bias.
    pub fn word_cross_entropy(&mut self, x: &Var, words: Words<'_>, labels: &Indices) -> Var {
        let n = x.value().rows();
        let device = self.device().clone();
        let (state, y) = (device.empty(n, 4), device.empty(n, 2));
        word_cross_entropy(&device, x.value(), words, labels, &state, &y);
        let learns = x.has_gradient() || words.bias.is_some_and(|bias| self.learns(bias.grad.as_ref()));
        let (table, bias, labels) = (words.table.clone(), words.bias.cloned(), labels.clone());
        let (input, x) = (x.slot(), x.value().clone());
        self.record(y, learns, move |device, dy, grads| {
            let words = Words { table: &table, bias: bias.as_ref() };
            let mut dx = None;
            for slice in words.slices() {
                let dz = words.logits(device, &x, &slice);
                back(device, &dz, &labels, slice.start, (&state, &dy));
                if let Some(grad) = bias.as_ref().and_then(|bias| bias.grad.as_ref()) {
                    sum_rows::accumulate(device, &dz, &grad.view(slice.start, 1, slice.len()));
                }
                if input.has_gradient() {
                    let sum = device.empty(x.rows(), x.cols());
                    let epilogue = Epilogue { residual: dx.as_ref(), ..Epilogue::default() };
                    gemm(device, &dz, table.slice(slice), Layout::Nn, epilogue, &sum);
                    dx = Some(sum);
                }
            }
            if let Some(dx) = dx {
                grads.add(device, input, dx);
            }
        })
    }
}
