//! Sorting, once for all types.

use std::cmp::Ordering;

/// The numbers below `n` as `compare` orders them, equal ones as they are. Every type that `slice::sort` sorts brings a
/// kilobyte more for a browser to download; this is one for all of them.
#[must_use]
pub fn order(n: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| compare(*a, *b));
    order
}
