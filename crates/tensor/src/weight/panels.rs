//! Frozen matrices in the panels that products on the CPU read, so that no call copies them into that order: the one for
//! `x Wᵀ` takes the place of the rows, the one for `dy W` is made when the first gradient needs it.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytemuck::Pod;

use super::format::Format;
use super::{Weight, WeightType};
use crate::cpu::{PANEL, Stored};
use crate::tensor::CpuRead;
use crate::{Device, Tensor};

/// Of a weight [N, K] whose words lie in panels: those for the product with itself instead of its transpose, once made.
#[derive(Debug, Clone, Default)]
pub(super) struct Panels {
    plain: Arc<OnceLock<Tensor>>,
}

/// Rows of zeros fill the last panel.
pub(super) fn padded(rows: usize) -> usize {
    rows.next_multiple_of(PANEL)
}

/// Brings rows [N, K] into panels in their place: [`PANEL`] rows become columns.
pub(super) fn from_rows(kind: WeightType, words: &mut [f32], [rows, cols]: [usize; 2]) {
    let format = kind.format();
    words[format.words([rows, cols])..].fill(0.0);
    words.chunks_exact_mut(format.words([PANEL, cols]).max(1)).for_each(|panel| format.transpose(panel, [PANEL, cols]));
}

/// The elements, row by row, in f32.
pub(super) fn to_rows(weight: &Weight, to: &mut [f32]) {
    let (words, cols) = (weight.words.cpu(), weight.cols);
    let mut panel = vec![0.0; PANEL * cols];
    for (i, rows) in to.chunks_mut((PANEL * cols).max(1)).enumerate() {
        widen(weight.kind.format(), &words, i * cols, &mut panel);
        for (j, row) in rows.chunks_exact_mut(cols).enumerate() {
            row.iter_mut().zip(panel[j..].iter().step_by(PANEL)).for_each(|(to, from)| *to = *from);
        }
    }
}

/// Widens panels that are seen as a matrix [.., PANEL], from one of its rows on.
fn widen(format: &dyn Format, words: &[f32], row: usize, to: &mut [f32]) {
    format.widen(words, [row + to.len() / PANEL, PANEL], [row, 0], to);
}

/// A weight [N, K] on the CPU, as the product with its transpose reads it, or as the one with itself does.
pub(crate) struct StoredWeight<'a> {
    kind: WeightType,
    words: CpuRead<'a>,
    rows: usize,
    cols: usize,
}

impl Panels {
    /// `Wᵀ`, [K, N].
    pub(super) fn transposed<'a>(&self, weight: &'a Weight) -> StoredWeight<'a> {
        StoredWeight { kind: weight.kind, words: weight.words.cpu(), rows: weight.cols, cols: weight.rows }
    }

    /// `W`, [N, K].
    pub(super) fn plain<'a>(&'a self, device: &Device, weight: &Weight) -> StoredWeight<'a> {
        let words = self.plain.get_or_init(|| {
            let format = weight.kind.format();
            let (from, shape) = (weight.words.cpu(), [weight.rows, weight.cols]);
            let words = device.empty(1, format.words([padded(weight.cols), weight.rows]));
            format.turn_panels(&from, shape, &mut words.cpu_mut());
            words
        });
        StoredWeight { kind: weight.kind, words: words.cpu(), rows: weight.rows, cols: weight.cols }
    }
}

impl Stored<f32> for StoredWeight<'_> {
    fn rows(&self) -> usize {
        self.rows
    }

    fn cols(&self) -> usize {
        self.cols
    }

    fn panel<'s>(&'s self, col: usize, depth: Range<usize>, scratch: &'s mut [f32]) -> &'s [f32] {
        let row = col / PANEL * self.rows + depth.start;
        if self.kind == WeightType::F32 {
            return &self.words[row * PANEL..][..depth.len() * PANEL];
        }
        let scratch = &mut scratch[..depth.len() * PANEL];
        widen(self.kind.format(), &self.words, row, scratch);
        scratch
    }
}

/// Transposes a matrix in its place.
pub(super) fn transpose<T: Pod>(elements: &mut [T], [rows, cols]: [usize; 2]) {
    let from = elements.to_vec();
    for (col, to) in elements.chunks_exact_mut(rows).take(cols).enumerate() {
        to.iter_mut().zip(from[col..].iter().step_by(cols)).for_each(|(to, from)| *to = *from);
    }
}

/// From the panels of `Wᵀ` to those of W [N, K].
pub(super) fn turn_panels<T: Pod>(from: &[T], [rows, cols]: [usize; 2], to: &mut [T]) {
    to.fill(T::zeroed());
    for (i, from) in from.chunks_exact((PANEL * cols).max(1)).enumerate() {
        for (col, from) in from.chunks_exact(PANEL).enumerate() {
            let first = (col / PANEL * rows + i * PANEL) * PANEL + col % PANEL;
            let count = PANEL.min(rows - i * PANEL);
            to[first..].iter_mut().step_by(PANEL).zip(&from[..count]).for_each(|(to, from)| *to = *from);
        }
    }
}
