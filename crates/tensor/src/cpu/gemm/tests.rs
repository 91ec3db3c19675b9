use super::*;
use crate::cpu::with_threads;

fn values(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f32 / 1009.0 - 0.5).collect()
}

/// Beyond a block in each direction, and around the heights and widths of tiles.
const SIZES: [[usize; 3]; 15] = [
    [1, 1, 1],
    [1, 70, 1],
    [40, 33, 1],
    [70, 1, 40],
    [2, 3, 0],
    [3, 5, 7],
    [4, 8, 384],
    [5, 9, 385],
    [12, 32, 40],
    [13, 33, 100],
    [23, 31, 770],
    [65, 513, 60],
    [193, 130, 50],
    [64, 200, 400],
    [400, 31, 33],
];

/// Beside sums in f64, whichever way the operands lie.
#[test]
fn is_what_a_sum_in_f64_finds() {
    for [m, n, k] in SIZES {
        let (a, b) = (values(m * k, 1), values(k * n, 2));
        let ways_of_a = [Matrix::new(&a, m, k), Matrix::new(&a, k, m).t()];
        let ways_of_b = [Matrix::new(&b, k, n), Matrix::new(&b, n, k).t()];
        for (a, b) in ways_of_a.into_iter().flat_map(|a| ways_of_b.map(|b| (a, b))) {
            for (alpha, add) in [(1.0, false), (-0.5, true)] {
                // What must not be read.
                let old = if add { values(m * n, 3) } else { vec![f32::NAN; m * n] };
                let mut found = old.clone();
                gemm(alpha, a, b, add, &mut found);
                for (at, found) in found.iter().enumerate() {
                    let (i, j) = (at / n, at % n);
                    let of_a = |p| f64::from(a.data[i * a.row_stride + p * a.col_stride]);
                    let of_b = |p| f64::from(b.data[p * b.row_stride + j * b.col_stride]);
                    let sum: f64 = (0..k).map(|p| of_a(p) * of_b(p)).sum();
                    let expected = f64::from(alpha) * sum + if add { f64::from(old[at]) } else { 0.0 };
                    assert!(
                        (f64::from(*found) - expected).abs() < 1e-4,
                        "{m} x {n} x {k} ({i}, {j}): {found}, not {expected}"
                    );
                }
            }
        }
    }
}

/// A row alone has the bits that it has among others, and any number of threads gives the same.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn neither_rows_nor_threads_change_a_bit() {
    let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    for [m, n, k] in SIZES {
        let (a, b) = (values(m * k, 1), values(k * n, 2));
        let b = Matrix::new(&b, n, k).t();
        let product = |a: &[f32], rows: usize, threads: usize| {
            let mut c = vec![f32::NAN; rows * n];
            with_threads(threads, || gemm(1.0, Matrix::new(a, rows, k), b, false, &mut c));
            bits(&c)
        };
        let whole = product(&a, m, 1);
        assert_eq!(whole, product(&a, m, 2), "{m} x {n} x {k}");
        assert_eq!(whole, product(&a, m, 7), "{m} x {n} x {k}");
        for (row, whole) in whole.chunks(n).enumerate() {
            assert_eq!(whole, product(&a[row * k..][..k], 1, 1), "{m} x {n} x {k}, row {row}");
        }
    }
}

/// Each row is heard of once, when it is done, whoever computed it.
#[test]
fn every_element_is_finished_once() {
    for [m, n, k] in SIZES {
        let (a, b) = (values(m * k, 1), values(k * n, 2));
        let (a, b) = (Matrix::new(&a, m, k), Matrix::new(&b, k, n));
        let mut plain = vec![0.0; m * n];
        gemm(1.0, a, b, false, &mut plain);
        let mut found = vec![0.0; m * n];
        let add = |row: usize, col: usize, values: &mut [f32]| {
            values.iter_mut().enumerate().for_each(|(j, v)| *v += (row * n + col + j) as f32);
        };
        product(1.0, a, Right::Matrix(b), false, &mut found, &add);
        for (i, (found, plain)) in found.iter().zip(&plain).enumerate() {
            assert_eq!(*found, plain + i as f32, "{m} x {n} x {k}, element {i}");
        }
    }
}
