//! Matrix products on the CPU, from the `matrixmultiply` crate except for f32 on WebAssembly; the rows of the result are
//! shared out to threads. How many threads there are does not change a single bit: every element is summed in the same
//! order.

use std::ops::Range;

use super::{Float, rows};

/// A matrix inside a slice: element (i, j) stands at `i * row_stride + j * col_stride`.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a, F> {
    /// The elements.
    pub data: &'a [F],
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub cols: usize,
    /// Elements from one row to the next.
    pub row_stride: usize,
    /// Elements from one column to the next.
    pub col_stride: usize,
}

impl<'a, F> Matrix<'a, F> {
    /// A dense row-major matrix.
    pub fn new(data: &'a [F], rows: usize, cols: usize) -> Self {
        Self { data, rows, cols, row_stride: cols, col_stride: 1 }
    }

    /// `cols` columns of a row-major matrix whose rows lie `row_stride` apart.
    pub fn strided(data: &'a [F], rows: usize, cols: usize, row_stride: usize) -> Self {
        Self { data, rows, cols, row_stride, col_stride: 1 }
    }

    /// The transpose, without moving anything.
    pub fn t(self) -> Self {
        Self { rows: self.cols, cols: self.rows, row_stride: self.col_stride, col_stride: self.row_stride, ..self }
    }

    /// Columns of a row-major matrix.
    pub(super) fn columns(self, range: Range<usize>) -> Self {
        Self { data: &self.data[range.start * self.col_stride..], cols: range.len(), ..self }
    }

    fn tail(self, first_row: usize, rows: usize) -> Self {
        Self { data: &self.data[first_row * self.row_stride..], rows, ..self }
    }

    /// Elements that the slice must have.
    fn extent(&self) -> usize {
        if self.rows == 0 || self.cols == 0 {
            return 0;
        }
        (self.rows - 1) * self.row_stride + (self.cols - 1) * self.col_stride + 1
    }
}

/// Rows of the result that one thread takes at least: fewer cost more in packing than they win.
const MIN_ROWS: usize = 32;

/// `c = alpha * a b + beta * c`, `c` dense row-major [a.rows, b.cols], on all threads.
pub fn gemm<F: Float>(alpha: F, a: Matrix<'_, F>, b: Matrix<'_, F>, beta: F, c: &mut [F]) {
    share_out(a, b.cols, c, |a, c| gemm_on_this_thread(alpha, a, b, beta, c, b.cols));
}

/// Calls `body` with some rows of `a` and the same rows of a dense `c` of `cols` columns, on all threads.
pub(super) fn share_out<F: Float>(
    a: Matrix<'_, F>,
    cols: usize,
    c: &mut [F],
    body: impl Fn(Matrix<'_, F>, &mut [F]) + Send + Sync,
) {
    let threads = rows::threads();
    let per_thread = a.rows.div_ceil(threads).next_multiple_of(16).max(MIN_ROWS);
    if per_thread >= a.rows || cols == 0 {
        return body(a, c);
    }
    rows::for_each_row(&mut c[..a.rows * cols], per_thread * cols, |block, part| {
        body(a.tail(block * per_thread, part.len() / cols), part);
    });
}

/// The same on this thread, with rows of `c` that lie `c_stride` apart.
pub(crate) fn gemm_on_this_thread<F: Float>(
    alpha: F,
    a: Matrix<'_, F>,
    b: Matrix<'_, F>,
    beta: F,
    c: &mut [F],
    c_stride: usize,
) {
    F::gemm(alpha, a, b, beta, c, c_stride);
}

pub(super) fn check<F>(a: &Matrix<'_, F>, b: &Matrix<'_, F>, c: &[F], c_stride: usize) {
    assert_eq!(a.cols, b.rows, "inner sizes of a matrix product");
    assert!(a.extent() <= a.data.len() && b.extent() <= b.data.len(), "a matrix leaves its slice");
    assert!(b.cols <= c_stride, "columns of a matrix product");
    assert!(a.rows == 0 || (a.rows - 1) * c_stride + b.cols <= c.len(), "a matrix product leaves its output");
}

macro_rules! call_matrixmultiply {
    ($name:ident, $float:ty) => {
        #[allow(unsafe_code)]
        pub(super) fn $name(
            alpha: $float,
            a: Matrix<'_, $float>,
            b: Matrix<'_, $float>,
            beta: $float,
            c: &mut [$float],
            c_stride: usize,
        ) {
            check(&a, &b, c, c_stride);
            // SAFETY: `check` has seen that every element that the strides reach lies inside its slice; `c` is borrowed
            // mutably, so it overlaps neither `a` nor `b`.
            unsafe {
                matrixmultiply::$name(
                    a.rows,
                    a.cols,
                    b.cols,
                    alpha,
                    a.data.as_ptr(),
                    a.row_stride as isize,
                    a.col_stride as isize,
                    b.data.as_ptr(),
                    b.row_stride as isize,
                    b.col_stride as isize,
                    beta,
                    c.as_mut_ptr(),
                    c_stride as isize,
                    1,
                );
            }
        }
    };
}

#[cfg(not(target_arch = "wasm32"))]
call_matrixmultiply!(sgemm, f32);
call_matrixmultiply!(dgemm, f64);
