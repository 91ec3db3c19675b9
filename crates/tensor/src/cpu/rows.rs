//! Loops over the rows of a matrix, on all threads natively and on one in a browser.

#[cfg(not(target_arch = "wasm32"))]
use std::sync::{Mutex, PoisonError};

use multiversion::multiversion;

#[cfg(not(target_arch = "wasm32"))]
use super::crew::with_helpers;
use super::threads;

/// Elements that a thread takes at a time in loops that do little with each: some microseconds of work, as much as it is worth to share.
const PIECE: usize = 1 << 12;
/// Pieces that a thread takes, if there are enough: who is slower, or comes later, takes fewer.
const PIECES: usize = 4;

/// Calls `body` for every item, of which there are `count`; threads take them one by one.
pub(crate) fn for_each<T>(count: usize, items: impl Iterator<Item = T> + Send, body: impl Fn(T) + Sync) {
    #[cfg(not(target_arch = "wasm32"))]
    if threads().min(count) > 1 {
        let items = Mutex::new(items);
        let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
        return with_helpers(threads().min(count) - 1, &|| {
            while let Some(item) = next() {
                body(item);
            }
        });
    }
    _ = count;
    items.for_each(body);
}

/// Rows that a thread takes at a time of a matrix with so many elements.
fn rows_of_piece(len: usize, cols: usize) -> usize {
    if threads() == 1 {
        return (len / cols).max(1);
    }
    PIECE.max(len / (PIECES * threads())).div_ceil(cols)
}

/// Calls `body(i, row)` for every `cols` elements of `out`.
pub(crate) fn for_each_row<F: Send>(out: &mut [F], cols: usize, body: impl Fn(usize, &mut [F]) + Sync) {
    let cols = cols.max(1);
    let rows = rows_of_piece(out.len(), cols);
    let pieces = out.chunks_mut(rows * cols).enumerate();
    for_each(pieces.len(), pieces, |(piece, out)| {
        out.chunks_mut(cols).enumerate().for_each(|(i, row)| body(piece * rows + i, row));
    });
}

/// Calls `body(i, row, row2)` for every row of two matrices with the same number of rows.
pub(crate) fn for_each_row2<F: Send>(
    out: &mut [F],
    cols: usize,
    out2: &mut [F],
    cols2: usize,
    body: impl Fn(usize, &mut [F], &mut [F]) + Sync,
) {
    let (cols, cols2) = (cols.max(1), cols2.max(1));
    let rows = rows_of_piece(out.len(), cols);
    let pieces = out.chunks_mut(rows * cols).zip(out2.chunks_mut(rows * cols2)).enumerate();
    for_each(pieces.len(), pieces, |(piece, (out, out2))| {
        let both = out.chunks_mut(cols).zip(out2.chunks_mut(cols2));
        both.enumerate().for_each(|(i, (row, row2))| body(piece * rows + i, row, row2));
    });
}

/// Calls `body(first, piece)` for pieces of `out` that begin at element `first`.
pub(crate) fn for_each_piece<F: Send>(out: &mut [F], body: impl Fn(usize, &mut [F]) + Sync) {
    for_each_row(out, PIECE, |i, piece| body(i * PIECE, piece));
}

/// Adds elements to as many others.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq", "x86_64+avx2"))]
pub(crate) fn add<F: crate::Float>(to: &mut [F], values: &[F]) {
    to.iter_mut().zip(values).for_each(|(to, value)| *to += *value);
}
