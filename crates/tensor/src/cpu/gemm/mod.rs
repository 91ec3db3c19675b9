//! Matrix products on the CPU. Blocks of both matrices lie in panels, in the order in which the innermost loop reads them; the
//! panels of a frozen weight are those that it is stored in ([`Right::Stored`]). Rows and columns of the result are shared out to threads. Neither
//! how many there are nor how many rows a product has changes a single bit: every element is summed in the same order.

mod matrix;
mod pack;
#[cfg(test)]
mod tests;
mod threads;
mod tile;

use std::ops::Range;

pub use matrix::Matrix;
pub(super) use pack::tiles;
use pack::{pack_a, pack_b};
pub(crate) use threads::product;
pub(super) use threads::share;
pub use tile::Panels;
pub(crate) use tile::{PANEL, tallest_f32, tile_f32, tile_f64};

use crate::Float;

/// The right operand of a product.
#[derive(Clone, Copy)]
pub(crate) enum Right<'a, F> {
    /// A matrix, whose blocks are copied into panels.
    Matrix(Matrix<'a, F>),
    /// What is stored in panels.
    Stored(&'a dyn Stored<F>),
}

/// A matrix [K, N] in panels.
pub(crate) trait Stored<F>: Sync {
    /// Rows.
    fn rows(&self) -> usize;
    /// Columns.
    fn cols(&self) -> usize;
    /// The panel that column `col`, a multiple of [`PANEL`], begins, over some of the depth: [depth, [`PANEL`]]. It is there, or is made in
    /// `scratch`, which has as many elements.
    fn panel<'s>(&'s self, col: usize, depth: Range<usize>, scratch: &'s mut [F]) -> &'s [F];
}

impl<F> Right<'_, F> {
    pub fn rows(&self) -> usize {
        match self {
            Self::Matrix(matrix) => matrix.rows,
            Self::Stored(stored) => stored.rows(),
        }
    }

    pub fn cols(&self) -> usize {
        match self {
            Self::Matrix(matrix) => matrix.cols,
            Self::Stored(stored) => stored.cols(),
        }
    }
}

/// Blocks: `DEPTH` of a tile's panels fit the first cache, `DEPTH x HEIGHT` of A and `DEPTH x WIDTH` of B the second. DEPTH decides the
/// rounding.
const DEPTH: usize = 384;
const HEIGHT: usize = 192;
const WIDTH: usize = 512;

/// Columns of a result up to which copying rows of A would take longer than reading them where they are. In WebAssembly, whose tiles are
/// narrow, that is never quicker.
const DIRECT: usize = if cfg!(target_arch = "wasm32") { usize::MAX } else { 128 };

/// `c = alpha * a b`, or added to what `c` has: `c` is dense row-major [a.rows, b.cols]. On all threads.
pub fn gemm<F: Float>(alpha: F, a: Matrix<'_, F>, b: Matrix<'_, F>, add: bool, c: &mut [F]) {
    product(alpha, a, Right::Matrix(b), add, c, &|_, _, _| ());
}

/// The same on this thread, with rows of `c` that lie `stride` apart.
pub(crate) fn gemm_on_this_thread<F: Float>(alpha: F, a: Matrix<'_, F>, b: Matrix<'_, F>, c: &mut [F], stride: usize) {
    block(alpha, a, Right::Matrix(b), 0..b.cols, false, (c, stride), &|_, _, _| ());
}

/// Hears of each row of the result that is done, or of some columns of it: the row, the first column, the elements.
pub(crate) type Finish<'a, F> = &'a (dyn Fn(usize, usize, &mut [F]) + Sync);

/// Some columns of a product, on this thread: `c`'s rows lie `stride` apart and begin with the first of the columns, a multiple of
/// [`PANEL`].
fn block<F: Float>(
    alpha: F,
    a: Matrix<'_, F>,
    b: Right<'_, F>,
    cols: Range<usize>,
    add: bool,
    (c, stride): (&mut [F], usize),
    finish: Finish<'_, F>,
) {
    a.check();
    assert_eq!(a.cols, b.rows(), "inner sizes of a matrix product");
    assert!(cols.end <= b.cols() && cols.len() <= stride, "columns of a matrix product");
    if a.rows == 0 || cols.is_empty() {
        return;
    }
    let c = &mut c[..(a.rows - 1) * stride + cols.len()];
    if a.cols == 0 {
        for (row, c) in c.chunks_mut(stride).enumerate() {
            let c = &mut c[..cols.len()];
            c.iter_mut().filter(|_| !add).for_each(|c| *c = F::default());
            finish(row, cols.start, c);
        }
        return;
    }
    let depth = DEPTH.min(a.cols);
    let width = if let Right::Matrix(matrix) = b {
        matrix.check();
        WIDTH
    } else {
        b.cols()
    };
    let direct = a.col_stride == 1 && cols.len() <= DIRECT;
    let of_a = if direct { 0 } else { HEIGHT.min(a.rows) * depth };
    let of_b =
        if matches!(b, Right::Matrix(_)) { width.min(cols.len().next_multiple_of(PANEL)) } else { PANEL } * depth;
    F::with_scratch(of_a + of_b, |scratch| {
        let (a_panels, b_panels) = scratch.split_at_mut(of_a);
        for cols_of_block in blocks(cols.clone(), width) {
            for depth in blocks(0..a.cols, DEPTH) {
                if let Right::Matrix(b) = b {
                    pack_b(b, cols_of_block.clone(), depth.clone(), b_panels);
                }
                for rows in blocks(0..a.rows, HEIGHT) {
                    let left = if direct {
                        Left::Direct(&a.data[rows.start * a.row_stride + depth.start..], a.row_stride)
                    } else {
                        pack_a(a, rows.clone(), depth.clone(), F::tallest_tile(), a_panels);
                        Left::Packed(a_panels)
                    };
                    let add = add || depth.start > 0;
                    for (j, col) in cols_of_block.clone().step_by(PANEL).enumerate() {
                        let b = match b {
                            Right::Matrix(_) => &b_panels[j * PANEL * depth.len()..][..PANEL * depth.len()],
                            Right::Stored(b) => b.panel(col, depth.clone(), &mut b_panels[..PANEL * depth.len()]),
                        };
                        let c = &mut c[rows.start * stride + col - cols.start..];
                        column(alpha, (left, rows.len()), b, add, (c, stride, PANEL.min(cols.end - col)));
                    }
                    if depth.end == a.cols {
                        for row in rows {
                            let c = &mut c[row * stride + cols_of_block.start - cols.start..][..cols_of_block.len()];
                            finish(row, cols_of_block.start, c);
                        }
                    }
                }
            }
        }
    });
}

/// Rows of A: as they are, so many elements apart, or in panels.
#[derive(Clone, Copy)]
enum Left<'a, F> {
    Direct(&'a [F], usize),
    Packed(&'a [F]),
}

/// The tiles of one panel of B and some rows.
fn column<F: Float>(
    alpha: F,
    (a, rows): (Left<'_, F>, usize),
    b: &[F],
    add: bool,
    (c, stride, width): (&mut [F], usize, usize),
) {
    let depth = b.len() / PANEL;
    // The addresses of more rows than that don't fit the registers.
    let tallest = if matches!(a, Left::Direct(..)) { F::tallest_tile().min(6) } else { F::tallest_tile() };
    for (row, height) in tiles(rows, tallest) {
        let (a, row_stride) = match a {
            Left::Direct(a, stride) => (&a[row * stride..], stride),
            Left::Packed(a) => (&a[row * depth..][..height * depth], 0),
        };
        let panels = Panels { height, a, row_stride, b, alpha, add };
        let c = &mut c[row * stride..];
        if width == PANEL {
            F::tile(&panels, c, stride);
            continue;
        }
        // Columns past the end are computed and thrown away.
        let mut whole = [F::default(); 12 * PANEL];
        F::tile(&Panels { add: false, ..panels }, &mut whole, PANEL);
        for (c, whole) in c.chunks_mut(stride).zip(whole.chunks_exact(PANEL)).take(height) {
            c.iter_mut().zip(&whole[..width]).for_each(|(c, v)| *c = if add { *v + *c } else { *v });
        }
    }
}

/// Cuts a range into blocks.
fn blocks(range: Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> {
    range.clone().step_by(size.max(1)).map(move |start| start..range.end.min(start + size))
}
