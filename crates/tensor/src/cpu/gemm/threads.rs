//! How a product is shared out to threads.

use std::ops::Range;
use std::sync::Mutex;

use super::{Finish, Matrix, PANEL, Right, block};
use crate::Float;
use crate::cpu::rows::for_each;
use crate::cpu::threads;

/// Rows of a thread's part that are worth copying B's panels, or reading them, once more.
const MIN_ROWS: usize = 48;
/// Floating-point operations of a part: some microseconds, so that what sharing it takes does not count.
const MIN_FLOP: usize = 1 << 19;
/// Parts that a thread takes, if they are large enough: who is slower, or comes later, takes fewer.
const PARTS: usize = 2;

/// `c = alpha * a b`, or added to what `c` has; then `finish`. `c` is dense row-major [a.rows, b.cols]. On all threads.
pub(crate) fn product<F: Float>(
    alpha: F,
    a: Matrix<'_, F>,
    b: Right<'_, F>,
    add: bool,
    c: &mut [F],
    finish: Finish<'_, F>,
) {
    share([a.rows, b.cols(), a.cols], MIN_FLOP, add, c, &|rows, cols, c, stride| {
        let finish = |row: usize, col: usize, values: &mut [F]| finish(rows.start + row, col, values);
        block(alpha, a.some_rows(rows.clone()), b, cols, add, (c, stride), &finish);
    });
}

/// Computes some rows and columns of a product into rows that lie `stride` apart and begin with the first of the columns.
type Block<'a, F> = &'a (dyn Fn(Range<usize>, Range<usize>, &mut [F], usize) + Sync);

/// Shares out a product of sizes [M, N, K] to all threads, parts of at least `min_flop` floating-point operations. `add` says that what `c`
/// has counts.
pub(in crate::cpu) fn share<F: Float>(
    [m, n, k]: [usize; 3],
    min_flop: usize,
    add: bool,
    c: &mut [F],
    block: Block<'_, F>,
) {
    assert_eq!(m * n, c.len(), "elements of a matrix product");
    let parts = if threads() == 1 { 1 } else { (2 * m * n * k / min_flop).clamp(1, PARTS * threads()) };
    let parts_of_rows = (m / MIN_ROWS).clamp(1, parts);
    let height = m.div_ceil(parts_of_rows).max(1);
    // WebAssembly has one thread, and needs no code for more.
    if cfg!(target_arch = "wasm32") || parts_of_rows >= threads().min(parts) {
        let parts = c.chunks_mut(height * n).enumerate();
        return for_each(parts.len(), parts, |(part, c)| {
            block(part * height..m.min((part + 1) * height), 0..n, c, n);
        });
    }
    // There are few rows. Each part of the columns is computed where no other thread writes, and copied from there.
    let width = n.div_ceil(parts / parts_of_rows).next_multiple_of(PANEL);
    let parts_of_cols = n.div_ceil(width);
    let c = Mutex::new(c);
    for_each(parts_of_rows * parts_of_cols, 0..parts_of_rows * parts_of_cols, |part| {
        let (top, left) = (part / parts_of_cols * height, part % parts_of_cols * width);
        let (rows, cols) = (top..m.min(top + height), left..n.min(left + width));
        F::with_scratch(rows.len() * cols.len(), |own| {
            if add {
                let c = c.lock().expect("a result");
                let from = c[top * n..].chunks(n).map(|row| &row[cols.clone()]);
                own.chunks_exact_mut(cols.len()).zip(from).for_each(|(own, row)| own.copy_from_slice(row));
            }
            block(rows, cols.clone(), own, cols.len());
            let mut c = c.lock().expect("a result");
            let to = c[top * n..].chunks_mut(n).map(|row| &mut row[cols.clone()]);
            own.chunks_exact(cols.len()).zip(to).for_each(|(own, row)| row.copy_from_slice(own));
        });
    });
}
