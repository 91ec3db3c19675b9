//! Column sums, in a fixed order: bias gradients, and the last step of weight gradients.

use graftwork_gpu::{Access, Shader};

use super::{dispatch, groups_for, wgsl};
use crate::cpu;
use crate::device::Backend;
use crate::{Device, Float, Tensor};

/// `shaders/sum_rows.wgsl`
pub static SHADER: Shader =
    Shader { name: "sum_rows", parts: &[wgsl!("sum_rows.wgsl")], buffers: &[Access::Read, Access::ReadWrite] };

/// Constants for validation.
pub fn variants() -> super::Variants {
    vec![vec![("ACCUMULATE", 0)], vec![("ACCUMULATE", 1)]]
}

/// Rows that one thread sums. Fixed, because it decides the rounding.
const SLICE: usize = 256;

/// `y += ` the column sums of x [T, N]; y has N elements.
pub fn accumulate(device: &Device, x: &Tensor, y: &Tensor) {
    let (rows, cols) = (x.rows(), x.cols());
    assert_eq!(y.len(), cols, "sum_rows: output");
    match device.backend() {
        Backend::Cpu(_) => accumulate_cpu(&x.cpu(), cols, &mut y.cpu_mut()),
        Backend::Gpu(_) if rows > SLICE => {
            let partial = device.empty(rows.div_ceil(SLICE), cols);
            sum(device, x, &partial, false);
            accumulate(device, &partial, y);
        }
        Backend::Gpu(_) => sum(device, x, y, true),
    }
}

fn sum(device: &Device, x: &Tensor, y: &Tensor, accumulate: bool) {
    let gpu = device.as_gpu().expect("a GPU");
    let [columns, more_columns, _] = groups_for(x.cols());
    let grid = [columns, more_columns, x.rows().div_ceil(SLICE) as u32];
    let params = [x.rows() as u32, x.cols() as u32, SLICE as u32];
    dispatch(gpu, &SHADER, &[("ACCUMULATE", u32::from(accumulate))], &[x.binding(), y.binding()], &params, grid);
}

/// The CPU body.
pub fn accumulate_cpu<F: Float>(x: &[F], cols: usize, y: &mut [F]) {
    for row in x.chunks(cols.max(1)) {
        cpu::add(y, row);
    }
}
