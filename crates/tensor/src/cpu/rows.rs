//! Loops over the rows of a matrix, on all threads natively and on one in a browser.

use multiversion::multiversion;
#[cfg(not(target_arch = "wasm32"))]
use rayon::prelude::*;

use crate::Float;

/// Threads that loops use.
pub(crate) fn threads() -> usize {
    #[cfg(not(target_arch = "wasm32"))]
    return rayon::current_num_threads();
    #[cfg(target_arch = "wasm32")]
    1
}

/// Calls `body(i, row)` for every `cols` elements of `out`.
pub(crate) fn for_each_row<F: Send>(out: &mut [F], cols: usize, body: impl Fn(usize, &mut [F]) + Send + Sync) {
    #[cfg(not(target_arch = "wasm32"))]
    if threads() > 1 {
        out.par_chunks_mut(cols.max(1)).enumerate().for_each(|(i, row)| body(i, row));
        return;
    }
    out.chunks_mut(cols.max(1)).enumerate().for_each(|(i, row)| body(i, row));
}

/// Calls `body(i, row, row2)` for every row of two matrices with the same number of rows.
pub(crate) fn for_each_row2<F: Send>(
    out: &mut [F],
    cols: usize,
    out2: &mut [F],
    cols2: usize,
    body: impl Fn(usize, &mut [F], &mut [F]) + Send + Sync,
) {
    let (cols, cols2) = (cols.max(1), cols2.max(1));
    #[cfg(not(target_arch = "wasm32"))]
    if threads() > 1 {
        out.par_chunks_mut(cols).zip(out2.par_chunks_mut(cols2)).enumerate().for_each(|(i, (a, b))| body(i, a, b));
        return;
    }
    out.chunks_mut(cols).zip(out2.chunks_mut(cols2)).enumerate().for_each(|(i, (a, b))| body(i, a, b));
}

/// Elements that a thread takes at a time in loops that go element by element.
const PIECE: usize = 1 << 14;

/// Calls `body(first, piece)` for pieces of `out` that begin at element `first`.
pub(crate) fn for_each_piece<F: Send>(out: &mut [F], body: impl Fn(usize, &mut [F]) + Send + Sync) {
    for_each_row(out, PIECE, |i, piece| body(i * PIECE, piece));
}

/// Adds elements to as many others.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq", "x86_64+avx2"))]
pub(crate) fn add<F: Float>(to: &mut [F], values: &[F]) {
    to.iter_mut().zip(values).for_each(|(to, value)| *to += *value);
}

/// Calls `body(i, item)` for every item.
pub(crate) fn for_each<T: Send>(items: Vec<T>, body: impl Fn(usize, T) + Send + Sync) {
    #[cfg(not(target_arch = "wasm32"))]
    if threads() > 1 {
        items.into_par_iter().enumerate().for_each(|(i, item)| body(i, item));
        return;
    }
    items.into_iter().enumerate().for_each(|(i, item)| body(i, item));
}
