//! How a product is shared out to threads.

use std::ops::Range;

use super::{Finish, Matrix, PANEL, Right, block};
use crate::Float;
use crate::cpu::rows::{for_each, for_each_row, threads};

/// Rows of a thread's part that are worth copying B's panels, or reading them, once more.
const MIN_ROWS: usize = 48;
/// Floating-point operations for which a thread is worth waking.
const MIN_FLOP: usize = 1 << 20;

/// `c = alpha * a b`, or added to what `c` has; then `finish`. `c` is dense row-major [a.rows, b.cols]. On all threads.
pub(crate) fn product<F: Float>(
    alpha: F,
    a: Matrix<'_, F>,
    b: Right<'_, F>,
    add: bool,
    c: &mut [F],
    finish: Finish<'_, F>,
) {
    share([a.rows, b.cols(), a.cols], add, c, &|rows, cols, c, stride| {
        let finish = |row: usize, col: usize, values: &mut [F]| finish(rows.start + row, col, values);
        block(alpha, a.some_rows(rows.clone()), b, cols, add, (c, stride), &finish);
    });
}

/// Computes some rows and columns of a product into rows that lie `stride` apart and begin with the first of the columns.
type Block<'a, F> = &'a (dyn Fn(Range<usize>, Range<usize>, &mut [F], usize) + Sync);

/// Shares out a product of sizes [M, N, K] to all threads. `add` says that what `c` has counts.
pub(in crate::cpu) fn share<F: Float>([m, n, k]: [usize; 3], add: bool, c: &mut [F], block: Block<'_, F>) {
    assert_eq!(m * n, c.len(), "elements of a matrix product");
    let parts = threads().min(2 * m * n * k / MIN_FLOP).max(1);
    let parts_of_rows = (m / MIN_ROWS).clamp(1, parts);
    let width = n.div_ceil(parts / parts_of_rows).next_multiple_of(PANEL);
    let height = m.div_ceil(parts_of_rows).max(1);
    for_each_row(c, height * n, |part, c| {
        let rows = part * height..m.min((part + 1) * height);
        // WebAssembly has one thread, and needs no code for more.
        if cfg!(target_arch = "wasm32") || width >= n {
            return block(rows, 0..n, c, n);
        }
        // Each part of the columns is computed where no other thread writes, and copied from there.
        let mut parts: Vec<Vec<&mut [F]>> = (0..n.div_ceil(width)).map(|_| Vec::with_capacity(rows.len())).collect();
        for row in c.chunks_exact_mut(n) {
            parts.iter_mut().zip(row.chunks_mut(width)).for_each(|(part, row)| part.push(row));
        }
        for_each(parts, |part, mut of_part| {
            let cols = part * width..n.min((part + 1) * width);
            F::with_scratch(rows.len() * cols.len(), |own| {
                if add {
                    own.chunks_exact_mut(cols.len()).zip(&of_part).for_each(|(own, row)| own.copy_from_slice(row));
                }
                block(rows.clone(), cols.clone(), own, cols.len());
                own.chunks_exact(cols.len()).zip(&mut of_part).for_each(|(own, row)| row.copy_from_slice(own));
            });
        });
    });
}
