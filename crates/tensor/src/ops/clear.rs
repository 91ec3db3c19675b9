//! `y = 0`: gradients at the start of a step.

use graftwork_gpu::{Access, Shader};

use super::{dispatch, groups_for, wgsl};
use crate::device::Backend;
use crate::{Device, Tensor};

/// `shaders/clear.wgsl`
pub static SHADER: Shader = Shader { name: "clear", parts: &[wgsl!("clear.wgsl")], buffers: &[Access::ReadWrite] };

/// Sets every element of y to zero, in order with what is recorded.
pub fn clear(device: &Device, y: &Tensor) {
    match device.backend() {
        Backend::Cpu(_) => y.cpu_mut().fill(0.0),
        Backend::Gpu(gpu) => dispatch(gpu, &SHADER, &[], &[y.binding()], &[y.len() as u32], groups_for(y.len())),
    }
}
