//! The f32 matrix product on WebAssembly. `matrixmultiply` holds 8 x 8 sums there, for which V8's code on x86 has too few
//! vector registers; 4 x 8 fit. Otherwise the same: blocks of both matrices are copied into panels that lie in the order
//! in which the innermost loop reads them.

use std::ops::Range;

use super::gemm::{Matrix, check};

/// A tile of the result: its sums stay in registers.
const ROWS: usize = 4;
const COLS: usize = 8;

/// A block: `DEPTH x COLS` of b fit the first cache with a few rows of a, `DEPTH x HEIGHT` of a and `DEPTH x WIDTH` of b
/// the second.
const DEPTH: usize = 256;
const HEIGHT: usize = 64;
const WIDTH: usize = 512;

/// `c = alpha * a b + beta * c`, rows of `c` lie `c_stride` apart.
pub(super) fn sgemm(alpha: f32, a: Matrix<'_, f32>, b: Matrix<'_, f32>, beta: f32, c: &mut [f32], c_stride: usize) {
    check(&a, &b, c, c_stride);
    if a.cols == 0 {
        // Sums of nothing.
        let rows = (0..a.rows).map(|row| row * c_stride..row * c_stride + b.cols);
        return rows.for_each(|row| c[row].chunks_mut(COLS).for_each(|c| store(alpha, &[0.0; COLS], beta, c)));
    }
    let (mut a_panels, mut b_panels) = (Vec::new(), Vec::new());
    for cols in blocks(b.cols, WIDTH) {
        for depth in blocks(a.cols, DEPTH) {
            // What is there counts once; later blocks add to what earlier ones wrote.
            let beta = if depth.start == 0 { beta } else { 1.0 };
            pack::<COLS>(b.t(), cols.clone(), depth.clone(), &mut b_panels);
            for rows in blocks(a.rows, HEIGHT) {
                pack::<ROWS>(a, rows.clone(), depth.clone(), &mut a_panels);
                for (j, b_panel) in b_panels.chunks_exact(depth.len() * COLS).enumerate() {
                    for (i, a_panel) in a_panels.chunks_exact(depth.len() * ROWS).enumerate() {
                        let (row, col) = (rows.start + i * ROWS, cols.start + j * COLS);
                        let width = COLS.min(cols.end - col);
                        for (r, sums) in tile(a_panel, b_panel).iter().enumerate().take(rows.end - row) {
                            let at = (row + r) * c_stride + col;
                            store(alpha, sums, beta, &mut c[at..at + width]);
                        }
                    }
                }
            }
        }
    }
}

/// Cuts `0..length` into blocks.
fn blocks(length: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..length).step_by(size).map(move |start| start..length.min(start + size))
}

/// Copies rows of a block into panels of N rows, column by column; missing rows are zeros.
fn pack<const N: usize>(from: Matrix<'_, f32>, rows: Range<usize>, depth: Range<usize>, panels: &mut Vec<f32>) {
    panels.clear();
    panels.resize(rows.len().next_multiple_of(N) * depth.len(), 0.0);
    for (i, panel) in panels.chunks_exact_mut(depth.len() * N).enumerate() {
        let first = rows.start + i * N;
        for row in first..rows.end.min(first + N) {
            let values = &from.data[row * from.row_stride + depth.start * from.col_stride..];
            let values = values.iter().step_by(from.col_stride);
            panel.as_chunks_mut::<N>().0.iter_mut().zip(values).for_each(|(slot, value)| slot[row - first] = *value);
        }
    }
}

/// The products of two panels, summed over their depth.
fn tile(a: &[f32], b: &[f32]) -> [[f32; COLS]; ROWS] {
    let mut sums = [[0.0; COLS]; ROWS];
    for (a, b) in a.as_chunks::<ROWS>().0.iter().zip(b.as_chunks::<COLS>().0) {
        for (sums, a) in sums.iter_mut().zip(a) {
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum += a * b;
            }
        }
    }
    sums
}

fn store(alpha: f32, sums: &[f32; COLS], beta: f32, c: &mut [f32]) {
    // Zero times what was there might be NaN.
    if beta == 0.0 {
        c.iter_mut().zip(sums).for_each(|(c, sum)| *c = alpha * sum);
    } else {
        c.iter_mut().zip(sums).for_each(|(c, sum)| *c = alpha * sum + beta * *c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f32 / 1009.0 - 0.5).collect()
    }

    #[test]
    fn is_what_matrixmultiply_finds() {
        for (m, n, k) in [(1, 1, 1), (3, 5, 7), (4, 8, 256), (5, 9, 257), (65, 513, 300), (64, 31, 513), (2, 3, 0)] {
            let (a, b) = (values(m * k, 1), values(k * n, 2));
            let a_ways = [Matrix::new(&a, m, k), Matrix::new(&a, k, m).t()];
            let b_ways = [Matrix::new(&b, k, n), Matrix::new(&b, n, k).t()];
            for (a, b) in a_ways.into_iter().flat_map(|a| b_ways.map(|b| (a, b))) {
                for (alpha, beta) in [(1.0, 0.0), (0.5, 1.0), (-2.0, 0.25)] {
                    let stride = n + 3;
                    // What beta = 0 must not read.
                    let old = if beta == 0.0 { vec![f32::NAN; m * stride] } else { values(m * stride, 3) };
                    let (mut ours, mut theirs) = (old.clone(), old);
                    sgemm(alpha, a, b, beta, &mut ours, stride);
                    super::super::gemm::sgemm(alpha, a, b, beta, &mut theirs, stride);
                    for (i, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
                        let same = ours.to_bits() == theirs.to_bits() || (ours - theirs).abs() < 1e-4;
                        assert!(same, "{m} x {n} x {k}, {alpha} {beta}, element {i}: {ours}, not {theirs}");
                    }
                }
            }
        }
    }
}
