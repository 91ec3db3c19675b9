//! `y = act(x)`: a non-linearity that no product stands right before; elsewhere `linear` applies it in passing.

use graftwork_gpu::{Access, Shader};

use super::{activation_bwd, dispatch, groups_for, same_shape, wgsl};
use crate::cpu::for_each_row;
use crate::device::Backend;
use crate::{Activation, Device, Tape, Tensor, Var, activation};

/// `shaders/activate.wgsl`
pub static SHADER: Shader = Shader {
    name: "activate",
    parts: &[wgsl!("lib/activation.wgsl"), wgsl!("activate.wgsl")],
    buffers: &[Access::Read, Access::ReadWrite],
};

/// Constants for validation.
pub fn variants() -> super::Variants {
    activation_bwd::variants()
}

/// `y = act(x)`, both [T, N]. The CPU body is [`Activation::apply`] over the elements.
pub fn activate(device: &Device, x: &Tensor, activation: Activation, y: &Tensor) {
    same_shape("activate", x, y);
    match device.backend() {
        Backend::Cpu(_) => {
            let (x, n) = (x.cpu(), y.cols());
            for_each_row(&mut y.cpu_mut(), n, |i, row| {
                row.copy_from_slice(&x[i * n..][..n]);
                activation::activate(activation, row);
            });
        }
        Backend::Gpu(gpu) => {
            let groups = groups_for(x.len().div_ceil(4));
            let constants = [("ACTIVATION", activation as u32)];
            dispatch(gpu, &SHADER, &constants, &[x.binding(), y.binding()], &[x.len() as u32], groups);
        }
    }
}

impl Tape {
    /// `act(x)`; backward keeps x.
    pub fn activate(&mut self, x: &Var, activation: Activation) -> Var {
        if activation == Activation::Identity {
            return x.clone();
        }
        let y = self.device().empty(x.value().rows(), x.value().cols());
        activate(self.device(), x.value(), activation, &y);
        let (slot, x) = (x.slot(), x.value().clone());
        self.record(y, slot.has_gradient(), move |device, dy, grads| {
            let dx = device.empty(dy.rows(), dy.cols());
            activation_bwd::activation_bwd(device, &dy, &x, activation, 1.0, &dx);
            grads.add(device, slot, dx);
        })
    }
}
