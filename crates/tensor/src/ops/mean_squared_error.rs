//! Mean squared error over a batch, and its derivative, in one pass.

use graftwork_gpu::{Access, Shader};

use super::{dispatch, groups_for, same_shape, wgsl};
use crate::device::Backend;
use crate::{Device, Float, Tensor};

/// `shaders/mean_squared_error.wgsl`
pub static SHADER: Shader = Shader {
    name: "mean_squared_error",
    parts: &[wgsl!("mean_squared_error.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::ReadWrite, Access::ReadWrite],
};

/// From predictions z and truths t, both [N, C]: the derivative dz of the mean loss over all elements, and each element's share
/// of that mean in `loss`, both [N, C]. The sum of `loss` is the loss of the batch: torch's `MSELoss`.
pub fn mean_squared_error(device: &Device, z: &Tensor, t: &Tensor, dz: &Tensor, loss: &Tensor) {
    [t, dz, loss].into_iter().for_each(|other| same_shape("mean_squared_error", z, other));
    match device.backend() {
        Backend::Cpu(_) => mean_squared_error_cpu(&z.cpu(), &t.cpu(), &mut dz.cpu_mut(), &mut loss.cpu_mut()),
        Backend::Gpu(gpu) => {
            let buffers = [z.binding(), t.binding(), dz.binding(), loss.binding()];
            dispatch(gpu, &SHADER, &[], &buffers, &[z.len() as u32], groups_for(z.len()));
        }
    }
}

/// The CPU body.
pub fn mean_squared_error_cpu<F: Float>(z: &[F], t: &[F], dz: &mut [F], loss: &mut [F]) {
    let n = F::of(z.len().max(1) as f64);
    for (i, (z, t)) in z.iter().zip(t).enumerate() {
        let difference = *z - *t;
        dz[i] = F::of(2.0) * difference / n;
        loss[i] = difference * difference / n;
    }
}
