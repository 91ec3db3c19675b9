//! Copies blocks of matrices into panels, which lie in the order in which the innermost loop reads them.

use std::ops::Range;

use super::Matrix;
use super::tile::{HEIGHTS, PANEL};
use crate::Float;

/// Tiles of so many rows: (first row, height) of each, the highest ones first.
pub(in crate::cpu) fn tiles(rows: usize, tallest: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut first = 0;
    std::iter::from_fn(move || {
        let left = rows - first;
        let height = HEIGHTS.into_iter().find(|height| *height <= left.min(tallest))?;
        first += height;
        Some((first - height, height))
    })
}

/// Copies rows of A over some of its depth: each of its [`tiles`] lies column by column, one behind the other.
pub(super) fn pack_a<F: Float>(
    a: Matrix<'_, F>,
    rows: Range<usize>,
    depth: Range<usize>,
    tallest: usize,
    to: &mut [F],
) {
    for (first, height) in tiles(rows.len(), tallest) {
        let panel = &mut to[first * depth.len()..][..height * depth.len()];
        let from = &a.data[(rows.start + first) * a.row_stride + depth.start * a.col_stride..];
        pack(height, from, a.row_stride, a.col_stride, panel);
    }
}

/// Copies columns of B over some of its depth: [`PANEL`] columns lie row by row, then the next. Missing columns are zeros.
pub(super) fn pack_b<F: Float>(b: Matrix<'_, F>, cols: Range<usize>, depth: Range<usize>, to: &mut [F]) {
    for (col, panel) in cols.clone().step_by(PANEL).zip(to.chunks_exact_mut(PANEL * depth.len())) {
        let width = PANEL.min(cols.end - col);
        let from = &b.data[depth.start * b.row_stride + col * b.col_stride..];
        if width == PANEL {
            pack(PANEL, from, b.col_stride, b.row_stride, panel);
            continue;
        }
        for (k, to) in panel.chunks_exact_mut(PANEL).enumerate() {
            let from = from[k * b.row_stride..].iter().step_by(b.col_stride);
            to[..width].iter_mut().zip(from).for_each(|(to, from)| *to = *from);
            to[width..].fill(F::default());
        }
    }
}

/// Lines whose first elements lie `across` apart and whose own elements `along`: all first elements, all second ones, and so on.
fn pack<F: Float>(lines: usize, from: &[F], across: usize, along: usize, to: &mut [F]) {
    if across == 1 {
        let to = to.chunks_exact_mut(lines).enumerate();
        return to.for_each(|(k, to)| to.copy_from_slice(&from[k * along..][..lines]));
    }
    assert_eq!(along, 1, "a matrix with neither rows nor columns in one piece");
    for line in 0..lines {
        to[line..].iter_mut().step_by(lines).zip(&from[line * across..]).for_each(|(to, from)| *to = *from);
    }
}
