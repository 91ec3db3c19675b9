//! Products with a weight of 8-bit integers on the CPU, `x Wᵀ` in integers: activations are rounded to 7 bits as they come, a scale
//! and a zero for each [`GROUP`] values of a row. 7 bits are what the dot products of all processors take without overflow
//! (`pmaddubsw` of AVX2 and relaxed SIMD in WebAssembly saturate with 8), and with groups that small they round less than 8 bits a
//! row do. Sums of a group are exact, so every processor and every number of threads rounds the same.
#![cfg_attr(
    not(any(target_arch = "x86_64", target_feature = "relaxed-simd")),
    expect(dead_code, unused_macros, reason = "there is no tile for this processor, and numbers are widened instead")
)]

mod panel;
mod round;
#[cfg(test)]
mod tests;
#[expect(
    unsafe_code,
    reason = "the dot products of processors are intrinsics, which are there on some and not on others"
)]
mod tile;

use super::Matrix;
use super::gemm::{Finish, PANEL, share, tiles};
use super::rows::for_each_row;
use crate::Float;
pub(crate) use panel::{Panel, write_panel};
use round::{round_row, row_words};
use tile::{TALLEST, Tile, Work};

/// Inputs that share a scale of the activations: fewer would round less, and take more time between the dot products.
pub(crate) const GROUP: usize = 64;
/// Rows that the columns of a panel are taken with before the next panel.
const HEIGHT: usize = 192;
/// Operations of a part that a thread takes: some microseconds.
const MIN_FLOP: usize = 1 << 20;

/// Words of the panels of a weight [N, K].
pub(crate) fn panel_words([n, k]: [usize; 2]) -> usize {
    n.div_ceil(PANEL) * panel::rows(k) * PANEL
}

/// Whether this processor has a dot product for it; without one, products of numbers are quicker.
pub(crate) fn is_here() -> bool {
    tile::best().is_some()
}

/// `c = a Wᵀ`, then `finish`: `a` [M, K] with contiguous rows, `panels` of W [N, K], `c` dense row-major [M, N]. On all threads.
pub(crate) fn product(
    a: Matrix<'_, f32>,
    (panels, [n, k]): (&[f32], [usize; 2]),
    c: &mut [f32],
    finish: Finish<'_, f32>,
) {
    assert!(a.cols == k && a.col_stride == 1, "rows of a product with a weight of 8-bit integers");
    a.check();
    let tile = tile::best().expect("asked before");
    if k == 0 {
        return super::product(1.0, a, super::Right::Matrix(Matrix::new(&[], 0, n)), false, c, finish);
    }
    let words = row_words(k);
    f32::with_scratch(a.rows * words, |rounded| {
        for_each_row(rounded, words, |i, row| round_row(&a.data[i * a.row_stride..][..k], row));
        let rounded = &*rounded;
        let size = panel::rows(k) * PANEL;
        share([a.rows, n, k], MIN_FLOP, false, c, &|rows, cols, c, stride| {
            for first in (0..rows.len()).step_by(HEIGHT) {
                let count = HEIGHT.min(rows.len() - first);
                let c = &mut c[first * stride..];
                let left = &rounded[(rows.start + first) * words..][..count * words];
                for col in cols.clone().step_by(PANEL) {
                    let width = PANEL.min(cols.end - col);
                    let c = &mut c[col - cols.start..];
                    column(
                        tile,
                        &Panel::new(&panels[col / PANEL * size..][..size], k),
                        (left, words),
                        (c, stride, width),
                    );
                }
                for (i, c) in c.chunks_mut(stride).take(count).enumerate() {
                    finish(rows.start + first + i, cols.start, &mut c[..cols.len()]);
                }
            }
        });
    });
}

/// The columns of a panel for some rows, of so many words each.
fn column(
    tile: Tile,
    panel: &Panel<'_>,
    (rows, words): (&[f32], usize),
    (c, stride, width): (&mut [f32], usize, usize),
) {
    for (row, height) in tiles(rows.len() / words, TALLEST) {
        let work = Work { height, rows: &rows[row * words..][..height * words], panel };
        let c = &mut c[row * stride..];
        if width == PANEL {
            tile(work, c, stride);
            continue;
        }
        // Columns past the end are computed and thrown away.
        let mut whole = [0.0; TALLEST * PANEL];
        tile(work, &mut whole, PANEL);
        for (c, whole) in c.chunks_mut(stride).zip(whole.chunks_exact(PANEL)).take(height) {
            c[..width].copy_from_slice(&whole[..width]);
        }
    }
}
