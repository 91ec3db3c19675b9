//! Products with a weight that is not stored as f32: it is widened block by block, never as a whole.

use std::ops::Range;
use std::sync::Arc;

use super::buffer::CpuPool;
use super::gemm::{Matrix, gemm_on_this_thread, share_out};
use crate::ops::gemm::Layout;
use crate::weight::CpuWeight;

/// A block of B, in the loops' order and at most of the size in which [`gemm_on_this_thread`] copies such blocks anyway: so
/// nothing is copied more often than with f32, and every element is summed in the same order, to the same bits.
const DEPTH: usize = 256;
const WIDTH: usize = 1024;

/// `c = A B`: A [M, K], B stored as [N, K] (`Nt`) or [K, N], `c` [M, N]; sizes are [M, N, K]. On all threads, each of which
/// takes one block's memory from the pool.
pub(crate) fn gemm_widened(
    a: &[f32],
    b: &CpuWeight<'_>,
    layout: Layout,
    [m, n, k]: [usize; 3],
    c: &mut [f32],
    pool: &Arc<CpuPool>,
) {
    if k == 0 {
        return c.fill(0.0);
    }
    let a = if layout == Layout::Tn { Matrix::new(a, k, m).t() } else { Matrix::new(a, m, k) };
    share_out(a, n, c, |a, c| {
        let scratch = pool.take(DEPTH.min(k) * WIDTH.min(n));
        let mut scratch = scratch.write();
        for cols in blocks(n, WIDTH) {
            for depth in blocks(k, DEPTH) {
                let block = &mut scratch[..depth.len() * cols.len()];
                let block = if layout == Layout::Nt {
                    b.widen_block(cols.clone(), depth.clone(), block);
                    Matrix::new(block, cols.len(), depth.len()).t()
                } else {
                    b.widen_block(depth.clone(), cols.clone(), block);
                    Matrix::new(block, depth.len(), cols.len())
                };
                let beta = if depth.start == 0 { 0.0 } else { 1.0 };
                gemm_on_this_thread(1.0, a.columns(depth.clone()), block, beta, &mut c[cols.start..], n);
            }
        }
    });
}

fn blocks(length: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..length).step_by(size).map(move |start| start..length.min(start + size))
}
