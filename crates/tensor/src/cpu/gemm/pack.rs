//! Copies blocks of matrices into panels, which lie in the order in which the innermost loop reads them.

use std::ops::Range;

use super::Matrix;
use super::tile::{HEIGHTS, PANEL};
use crate::Float;

/// Tiles of so many rows: (first row, height) of each, the highest ones first.
pub(super) fn tiles(rows: usize, tallest: usize) -> impl Iterator<Item = (usize, usize)> {
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
        if a.col_stride == 1 {
            match height {
                12 => interleave::<F, 12>(from, a.row_stride, panel),
                6 => interleave::<F, 6>(from, a.row_stride, panel),
                4 => interleave::<F, 4>(from, a.row_stride, panel),
                2 => interleave::<F, 2>(from, a.row_stride, panel),
                _ => panel.copy_from_slice(&from[..panel.len()]),
            }
        } else {
            for (k, to) in panel.chunks_exact_mut(height).enumerate() {
                let from = &from[k * a.col_stride..];
                to.iter_mut().enumerate().for_each(|(row, to)| *to = from[row * a.row_stride]);
            }
        }
    }
}

/// Rows that lie `stride` apart, column by column.
fn interleave<F: Float, const HEIGHT: usize>(from: &[F], stride: usize, to: &mut [F]) {
    let to = to.as_chunks_mut::<HEIGHT>().0;
    let rows: [&[F]; HEIGHT] = std::array::from_fn(|row| &from[row * stride..][..to.len()]);
    for (k, to) in to.iter_mut().enumerate() {
        *to = std::array::from_fn(|row| rows[row][k]);
    }
}

/// Copies columns of B over some of its depth: [`PANEL`] columns lie row by row, then the next. Missing columns are zeros.
pub(super) fn pack_b<F: Float>(b: Matrix<'_, F>, cols: Range<usize>, depth: Range<usize>, to: &mut [F]) {
    for (col, panel) in cols.clone().step_by(PANEL).zip(to.chunks_exact_mut(PANEL * depth.len())) {
        let width = PANEL.min(cols.end - col);
        if width < PANEL {
            panel.fill(F::default());
        }
        let from = &b.data[depth.start * b.row_stride + col * b.col_stride..];
        if b.row_stride == 1 {
            for j in 0..width {
                let from = &from[j * b.col_stride..][..depth.len()];
                panel[j..].iter_mut().step_by(PANEL).zip(from).for_each(|(to, from)| *to = *from);
            }
        } else {
            for (k, to) in panel.chunks_exact_mut(PANEL).enumerate() {
                let from = &from[k * b.row_stride..];
                to[..width].iter_mut().enumerate().for_each(|(j, to)| *to = from[j * b.col_stride]);
            }
        }
    }
}
