//! `dz = alpha * dy * act'(z)`: the derivative of a linear layer's non-linearity.

use graftwork_gpu::{Access, Shader};

use super::{dispatch, groups_for, same_shape, wgsl};
use crate::activation::activate_bwd;
use crate::cpu::for_each_row;
use crate::device::Backend;
use crate::{Activation, Device, Tensor};

/// `shaders/activation_bwd.wgsl`
pub static SHADER: Shader = Shader {
    name: "activation_bwd",
    parts: &[wgsl!("lib/activation.wgsl"), wgsl!("activation_bwd.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::ReadWrite],
};

/// Constants for validation.
pub fn variants() -> super::Variants {
    (0..Activation::ALL.len() as u32).map(|kind| vec![("ACTIVATION", kind)]).collect()
}

/// `dz = alpha * dy * act'(z)`, all [T, N]. The CPU body is [`Activation::derivative`] over the elements.
pub fn activation_bwd(device: &Device, dy: &Tensor, z: &Tensor, activation: Activation, alpha: f32, dz: &Tensor) {
    same_shape("activation_bwd", dy, z);
    same_shape("activation_bwd", dy, dz);
    match device.backend() {
        Backend::Cpu(_) => {
            let (dy, z, n) = (dy.cpu(), z.cpu(), dz.cols());
            for_each_row(&mut dz.cpu_mut(), n, |i, row| {
                activate_bwd(activation, alpha, &dy[i * n..][..n], &z[i * n..][..n], row);
            });
        }
        Backend::Gpu(gpu) => {
            let params = [dz.len() as u32, alpha.to_bits()];
            let groups = groups_for(dz.len().div_ceil(4));
            let constants = [("ACTIVATION", activation as u32)];
            dispatch(gpu, &SHADER, &constants, &[dy.binding(), z.binding(), dz.binding()], &params, groups);
        }
    }
}
