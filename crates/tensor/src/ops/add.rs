//! `y = a + b`: the sum of two gradients of one value.

use graftwork_gpu::{Access, Shader};

use super::{dispatch, groups_for, same_shape, wgsl};
use crate::cpu::{self, for_each_piece};
use crate::device::Backend;
use crate::{Device, Float, Tape, Tensor, Var};

/// `shaders/add.wgsl`
pub static SHADER: Shader =
    Shader { name: "add", parts: &[wgsl!("add.wgsl")], buffers: &[Access::Read, Access::Read, Access::ReadWrite] };

/// `y = a + b`, all of one shape.
pub fn add(device: &Device, a: &Tensor, b: &Tensor, y: &Tensor) {
    same_shape("add", a, b);
    same_shape("add", a, y);
    match device.backend() {
        Backend::Cpu(_) => add_cpu(&a.cpu(), &b.cpu(), &mut y.cpu_mut()),
        Backend::Gpu(gpu) => {
            let buffers = [a.binding(), b.binding(), y.binding()];
            dispatch(gpu, &SHADER, &[], &buffers, &[y.len() as u32], groups_for(y.len()));
        }
    }
}

/// The CPU body.
pub fn add_cpu<F: Float>(a: &[F], b: &[F], y: &mut [F]) {
    for_each_piece(y, |first, y| {
        y.copy_from_slice(&a[first..][..y.len()]);
        cpu::add(y, &b[first..]);
    });
}

impl Tape {
    /// `a + b`, both [T, D].
    pub fn add(&mut self, a: &Var, b: &Var) -> Var {
        let y = self.device().empty(a.value().rows(), a.value().cols());
        add(self.device(), a.value(), b.value(), &y);
        let (a, b) = (a.slot(), b.slot());
        self.record(y, a.has_gradient() || b.has_gradient(), move |device, dy, grads| {
            grads.add(device, a, dy.clone());
            grads.add(device, b, dy);
        })
    }
}
