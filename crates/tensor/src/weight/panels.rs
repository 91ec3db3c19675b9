//! Frozen matrices in the panels that products on the CPU read, so that no call copies them into that order: the one for
//! `x Wᵀ` takes the place of the rows, the one for `dy W` is made when the first gradient needs it, if it is another.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytemuck::Pod;

use super::Weight;
use super::format::Format;
use crate::cpu::{PANEL, Stored};
use crate::tensor::CpuRead;
use crate::{Device, Tensor};

/// Of a weight [N, K] whose words lie in panels: those for the product with itself instead of its transpose, once made.
#[derive(Debug, Clone, Default)]
pub(super) struct Panels {
    plain: Arc<OnceLock<Tensor>>,
}

/// Which product with a weight [N, K] reads panels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// `x Wᵀ`: the depth is K.
    Transpose,
    /// `dy W`: the depth is N.
    Plain,
}

/// The elements of a weight in panels, row by row, in f32.
pub(super) fn to_rows(weight: &Weight, to: &mut [f32]) {
    let (words, cols) = (weight.words.cpu(), weight.cols);
    let shape = [weight.rows, cols];
    let mut scratch = vec![0.0; PANEL * cols];
    for (i, rows) in to.chunks_mut((PANEL * cols).max(1)).enumerate() {
        let panel = weight.kind.format().panel((&words, shape), Of::Transpose, (i * PANEL, 0..cols), &mut scratch);
        for (j, row) in rows.chunks_exact_mut(cols).enumerate() {
            row.iter_mut().zip(panel[j..].iter().step_by(PANEL)).for_each(|(to, from)| *to = *from);
        }
    }
}

/// A weight [N, K] on the CPU, as the product with its transpose reads it, or as the one with itself does.
pub(crate) struct StoredWeight<'a> {
    format: &'static dyn Format,
    words: CpuRead<'a>,
    shape: [usize; 2],
    of: Of,
}

impl Panels {
    /// `Wᵀ`, [K, N].
    pub(super) fn transposed<'a>(&self, weight: &'a Weight) -> StoredWeight<'a> {
        let (format, shape) = (weight.kind.format(), [weight.rows, weight.cols]);
        StoredWeight { format, words: weight.words.cpu(), shape, of: Of::Transpose }
    }

    /// `W`, [N, K].
    pub(super) fn plain<'a>(&'a self, device: &Device, weight: &'a Weight) -> StoredWeight<'a> {
        let (format, shape) = (weight.kind.format(), [weight.rows, weight.cols]);
        let words = if format.turns() {
            self.plain.get_or_init(|| {
                let words = device.empty(1, format.panel_words([shape[1], shape[0]]));
                format.turn_panels(&weight.words.cpu(), shape, &mut words.cpu_mut());
                words
            })
        } else {
            &weight.words
        };
        StoredWeight { format, words: words.cpu(), shape, of: Of::Plain }
    }
}

impl Stored<f32> for StoredWeight<'_> {
    fn rows(&self) -> usize {
        self.shape[if self.of == Of::Plain { 0 } else { 1 }]
    }

    fn cols(&self) -> usize {
        self.shape[if self.of == Of::Plain { 1 } else { 0 }]
    }

    fn panel<'s>(&'s self, col: usize, depth: Range<usize>, scratch: &'s mut [f32]) -> &'s [f32] {
        self.format.panel((&self.words, self.shape), self.of, (col, depth), scratch)
    }
}

/// What types have in common that store each element by itself: a panel is a matrix [depth, [`PANEL`]] of them.
pub(super) mod of_elements {
    use super::{Of, PANEL, Pod};

    /// Rows of a matrix that a panel begins with at some depth: one a value of the depth.
    pub fn row([n, k]: [usize; 2], of: Of, col: usize, depth: usize) -> usize {
        col / PANEL * if of == Of::Plain { n } else { k } + depth
    }

    /// Brings rows into panels in their place: [`PANEL`] rows become columns, zeros fill the last panel.
    pub fn to_panels<T: Pod>(elements: &mut [T], [rows, cols]: [usize; 2]) {
        elements[rows * cols..].fill(T::zeroed());
        for panel in elements.chunks_exact_mut((PANEL * cols).max(1)) {
            let from = panel.to_vec();
            for (col, to) in panel.chunks_exact_mut(PANEL).enumerate() {
                to.iter_mut().zip(from[col..].iter().step_by(cols)).for_each(|(to, from)| *to = *from);
            }
        }
    }

    /// From the panels of `Wᵀ` to those of W [N, K].
    pub fn turn_panels<T: Pod>(from: &[T], [rows, cols]: [usize; 2], to: &mut [T]) {
        to.fill(T::zeroed());
        for (i, from) in from.chunks_exact((PANEL * cols).max(1)).enumerate() {
            for (col, from) in from.chunks_exact(PANEL).enumerate() {
                let first = (col / PANEL * rows + i * PANEL) * PANEL + col % PANEL;
                let count = PANEL.min(rows - i * PANEL);
                to[first..].iter_mut().step_by(PANEL).zip(&from[..count]).for_each(|(to, from)| *to = *from);
            }
        }
    }
}
