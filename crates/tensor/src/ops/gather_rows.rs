//! Some rows of a matrix: the tokens that a masked language model is asked about.

use graftwork_gpu::{Access, Shader};

use super::clear::clear;
use super::{dispatch, groups_for, wgsl};
use crate::device::Backend;
use crate::{Device, Float, Indices, Tape, Tensor, Var};

/// `shaders/gather_rows.wgsl`
pub static SHADER: Shader = Shader {
    name: "gather_rows",
    parts: &[wgsl!("gather_rows.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::ReadWrite],
};

/// Constants for validation.
pub fn variants() -> super::Variants {
    vec![vec![("BACK", 0)], vec![("BACK", 1)]]
}

/// `y[i] = x[rows[i]]`: x [T, D], y [N, D]. The caller has checked that every number is below T.
pub fn gather_rows(device: &Device, x: &Tensor, rows: &Indices, y: &Tensor) {
    assert_eq!((rows.len(), x.cols()), (y.rows(), y.cols()), "gather_rows: shapes");
    match device.backend() {
        Backend::Cpu(_) => gather_rows_cpu(&x.cpu(), &rows.values(), x.cols(), &mut y.cpu_mut()),
        Backend::Gpu(_) => run(device, false, x, rows, y),
    }
}

/// `dx[rows[i]] = dy[i]` where dx [T, D] is zero before: dy [N, D], and no row is there twice.
pub fn gather_rows_bwd(device: &Device, dy: &Tensor, rows: &Indices, dx: &Tensor) {
    assert_eq!((rows.len(), dy.cols()), (dy.rows(), dx.cols()), "gather_rows_bwd: shapes");
    match device.backend() {
        Backend::Cpu(_) => gather_rows_bwd_cpu(&dy.cpu(), &rows.values(), dy.cols(), &mut dx.cpu_mut()),
        Backend::Gpu(_) => run(device, true, dy, rows, dx),
    }
}

fn run(device: &Device, back: bool, from: &Tensor, rows: &Indices, to: &Tensor) {
    let gpu = device.as_gpu().expect("a GPU");
    let (n, cols) = (rows.len(), from.cols());
    let buffers = [from.binding(), rows.binding(), to.binding()];
    let constants = [("BACK", u32::from(back))];
    dispatch(gpu, &SHADER, &constants, &buffers, &[n as u32, cols as u32], groups_for(n * cols));
}

/// The CPU body.
pub fn gather_rows_cpu<F: Float>(x: &[F], rows: &[u32], cols: usize, y: &mut [F]) {
    for (row, y) in rows.iter().zip(y.chunks_mut(cols)) {
        y.copy_from_slice(&x[*row as usize * cols..][..cols]);
    }
}

/// The CPU body of the derivative.
pub fn gather_rows_bwd_cpu<F: Float>(dy: &[F], rows: &[u32], cols: usize, dx: &mut [F]) {
    for (row, dy) in rows.iter().zip(dy.chunks(cols)) {
        dx[*row as usize * cols..][..cols].copy_from_slice(dy);
    }
}

impl Tape {
    /// The rows `rows` of x [T, D], [N, D]. None may be there twice.
    pub fn gather_rows(&mut self, x: &Var, rows: &Indices) -> Var {
        let (t, d) = (x.value().rows(), x.value().cols());
        let y = self.device().empty(rows.len(), d);
        gather_rows(self.device(), x.value(), rows, &y);
        let (x, rows) = (x.slot(), rows.clone());
        self.record(y, x.has_gradient(), move |device, dy, grads| {
            let dx = device.empty(t, d);
            clear(device, &dx);
            gather_rows_bwd(device, &dy, &rows, &dx);
            grads.add(device, x, dx);
        })
    }
}
