//! `y = residual + alpha * act(A B + bias)`: the matrix product behind every linear layer and its derivatives.

mod choice;
mod gpu;
mod kernel;
mod measure;

use std::ops::Range;

use super::sum_rows;
use crate::activation::activate;
use crate::cpu::{self, Matrix, Right, for_each_row};
use crate::device::Backend;
use crate::{Activation, Device, Float, Tensor, Weight};
pub use choice::GemmChoice;
pub(crate) use choice::Kernels;
use gpu::gemm_gpu;
pub use kernel::GemmKernel;
pub(crate) use kernel::{
    ACTIVATION, BUFFERS, COMMON, MATRIX_SCALAR, MATRIX_VEC4, REGISTERS, ROWS, SUM, TILE, variants,
};

/// How the operands are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A [M, K], B [N, K]: a linear layer forward, `x W^T`.
    Nt,
    /// A [M, K], B [K, N]: the gradient of its input, `dy W`.
    Nn,
    /// A [K, M], B [K, N]: the gradient of its weight, `dy^T x`.
    Tn,
}

/// What happens to the product before it is written.
#[derive(Debug, Clone, Copy)]
pub struct Epilogue<'a> {
    /// Added to every row, [1, N].
    pub bias: Option<&'a Tensor>,
    /// Applied after the bias.
    pub activation: Activation,
    /// Multiplied after the activation.
    pub alpha: f32,
    /// Added at the end, [M, N].
    pub residual: Option<&'a Tensor>,
    /// Gets the value before the activation, [M, N].
    pub pre: Option<&'a Tensor>,
}

impl Default for Epilogue<'_> {
    fn default() -> Self {
        Self { bias: None, activation: Activation::Identity, alpha: 1.0, residual: None, pre: None }
    }
}

/// Rows of K that one slice of a weight gradient sums. Fixed, because it decides the rounding.
const SLICE: usize = 256;

fn sizes(a: &Tensor, (rows, cols): (usize, usize), layout: Layout) -> (usize, usize, usize) {
    let (m, k) = if layout == Layout::Tn { (a.cols(), a.rows()) } else { (a.rows(), a.cols()) };
    let (n, k_of_b) = if layout == Layout::Nt { (rows, cols) } else { (cols, rows) };
    assert_eq!(k, k_of_b, "gemm {layout:?}: inner sizes of {a:?} and {rows} x {cols}");
    (m, n, k)
}

/// `y = residual + alpha * act(A B + bias)`, y [M, N]; B is a tensor or a weight of any type.
pub fn gemm(device: &Device, a: &Tensor, b: impl Into<Weight>, layout: Layout, epilogue: Epilogue<'_>, y: &Tensor) {
    // All the rest is compiled once, whatever B is.
    of_weight(device, a, &b.into(), layout, epilogue, y);
}

fn of_weight(device: &Device, a: &Tensor, b: &Weight, layout: Layout, epilogue: Epilogue<'_>, y: &Tensor) {
    let (m, n, k) = sizes(a, (b.rows(), b.cols()), layout);
    assert_eq!((y.rows(), y.cols()), (m, n), "gemm: output");
    if let Some(bias) = epilogue.bias {
        assert_eq!(bias.len(), n, "gemm: bias");
    }
    match device.backend() {
        Backend::Cpu(_) => {
            let (bias, residual) = (epilogue.bias.map(|t| t.cpu()), epilogue.residual.map(|t| t.cpu()));
            let mut pre = epilogue.pre.map(|t| t.cpu_mut());
            let finish = Finish {
                bias: bias.as_deref(),
                activation: epilogue.activation,
                alpha: epilogue.alpha,
                residual: residual.as_deref(),
            };
            let (left, mut y, pre) = (a.cpu(), y.cpu_mut(), pre.as_deref_mut());
            let left = left_cpu(&left, layout, [m, n, k]);
            match b.stored(device, layout == Layout::Nt) {
                Some(stored) => finish.product(left, Right::Stored(&stored), &mut y, pre),
                None => {
                    let b = b.widened(device);
                    finish.product(left, Right::Matrix(right_cpu(&b.cpu(), layout, [m, n, k])), &mut y, pre);
                }
            }
        }
        Backend::Gpu(gpu) => {
            let k_slice = k.next_multiple_of(4);
            if layout == Layout::Tn {
                return gemm_gpu(device, (a, b), layout, [m, n, k], k_slice, epilogue, y);
            }
            for rows in row_blocks(m, 2 * n * k, gpu.flop_per_submit()) {
                let (first, count) = (rows.start, rows.len());
                let part = |t: &Tensor| t.view(first * t.cols(), count, t.cols());
                let (residual, pre) = (epilogue.residual.map(part), epilogue.pre.map(part));
                let epilogue = Epilogue { residual: residual.as_ref(), pre: pre.as_ref(), ..epilogue };
                gemm_gpu(device, (&part(a), b), layout, [count, n, k], k_slice, epilogue, &part(y));
            }
        }
    }
}

/// Cuts the rows of a product so that no dispatch does more than `most` floating-point operations, at multiples of 64
/// rows: of any width, those begin where a GPU can bind.
fn row_blocks(rows: usize, flop_a_row: usize, most: u64) -> impl Iterator<Item = Range<usize>> {
    let block = (most as usize / flop_a_row.max(1)).max(64) / 64 * 64;
    (0..rows).step_by(block).map(move |start| start..rows.min(start + block))
}

/// `grad += A^T B` over many rows: A [K, M], B [K, N], grad [M, N]. On a GPU slices of K are summed apart, then added
/// in a fixed order.
pub fn accumulate_tn(device: &Device, a: &Tensor, b: &Tensor, grad: &Tensor) {
    let (m, n, k) = sizes(a, (b.rows(), b.cols()), Layout::Tn);
    assert_eq!((grad.rows(), grad.cols()), (m, n), "accumulate_tn: gradient");
    match device.backend() {
        Backend::Cpu(_) => {
            let (a, b) = (a.cpu(), b.cpu());
            cpu::gemm(1.0, Matrix::new(&a, k, m).t(), Matrix::new(&b, k, n), true, &mut grad.cpu_mut());
        }
        Backend::Gpu(_) => {
            let slices = k.div_ceil(SLICE);
            let partial = device.empty(slices, m * n);
            gemm_gpu(device, (a, &b.into()), Layout::Tn, [m, n, k], SLICE, Epilogue::default(), &partial);
            sum_rows::accumulate(device, &partial, grad);
        }
    }
}

/// The CPU body; sizes are [M, N, K].
pub fn gemm_cpu<F: Float>(
    (a, b, layout, size): (&[F], &[F], Layout, [usize; 3]),
    bias: Option<&[F]>,
    activation: Activation,
    alpha: F,
    residual: Option<&[F]>,
    y: &mut [F],
    pre: Option<&mut [F]>,
) {
    let (left, right) = (left_cpu(a, layout, size), right_cpu(b, layout, size));
    Finish { bias, activation, alpha, residual }.product(left, Right::Matrix(right), y, pre);
}

fn left_cpu<F>(a: &[F], layout: Layout, [m, _, k]: [usize; 3]) -> Matrix<'_, F> {
    if layout == Layout::Tn { Matrix::new(a, k, m).t() } else { Matrix::new(a, m, k) }
}

fn right_cpu<F>(b: &[F], layout: Layout, [_, n, k]: [usize; 3]) -> Matrix<'_, F> {
    if layout == Layout::Nt { Matrix::new(b, n, k).t() } else { Matrix::new(b, k, n) }
}

/// What follows a product on the CPU.
struct Finish<'a, F> {
    bias: Option<&'a [F]>,
    activation: Activation,
    alpha: F,
    residual: Option<&'a [F]>,
}

impl<F: Float> Finish<'_, F> {
    /// `y` of the product; `pre` gets the value before the activation.
    fn product(&self, left: Matrix<'_, F>, right: Right<'_, F>, y: &mut [F], pre: Option<&mut [F]>) {
        let n = right.cols();
        let one = F::of(1.0);
        let Some(pre) = pre else {
            let finish = |row: usize, col: usize, values: &mut [F]| {
                self.add_bias(col, values);
                self.activate(row * n + col, values);
            };
            return cpu::product(one, left, right, false, y, &finish);
        };
        cpu::product(one, left, right, false, pre, &|_, col, values| self.add_bias(col, values));
        for_each_row(y, n, |i, row| {
            row.copy_from_slice(&pre[i * n..][..n]);
            self.activate(i * n, row);
        });
    }

    fn add_bias(&self, col: usize, values: &mut [F]) {
        if let Some(bias) = self.bias {
            cpu::add(values, &bias[col..]);
        }
    }

    /// Elements from `first` on.
    fn activate(&self, first: usize, values: &mut [F]) {
        activate(self.activation, values);
        if self.alpha != F::of(1.0) {
            values.iter_mut().for_each(|v| *v = self.alpha * *v);
        }
        if let Some(residual) = self.residual {
            cpu::add(values, &residual[first..]);
        }
    }
}
