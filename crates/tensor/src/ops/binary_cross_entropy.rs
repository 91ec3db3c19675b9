//! Mean binary cross-entropy of logits over a batch, and its derivative, in one pass.

use graftwork_gpu::{Access, Shader};

use super::{dispatch, groups_for, same_shape, wgsl};
use crate::device::Backend;
use crate::{Device, Float, Tensor};

/// `shaders/binary_cross_entropy.wgsl`
pub static SHADER: Shader = Shader {
    name: "binary_cross_entropy",
    parts: &[wgsl!("binary_cross_entropy.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::ReadWrite, Access::ReadWrite],
};

/// From logits z and truths t (0 or 1), both [N, C]: the derivative dz of the mean loss over all elements, and each element's
/// share of that mean in `loss`, both [N, C]. The sum of `loss` is the loss of the batch: torch's `BCEWithLogitsLoss`.
pub fn binary_cross_entropy(device: &Device, z: &Tensor, t: &Tensor, dz: &Tensor, loss: &Tensor) {
    [t, dz, loss].into_iter().for_each(|other| same_shape("binary_cross_entropy", z, other));
    match device.backend() {
        Backend::Cpu(_) => binary_cross_entropy_cpu(&z.cpu(), &t.cpu(), &mut dz.cpu_mut(), &mut loss.cpu_mut()),
        Backend::Gpu(gpu) => {
            let buffers = [z.binding(), t.binding(), dz.binding(), loss.binding()];
            dispatch(gpu, &SHADER, &[], &buffers, &[z.len() as u32], groups_for(z.len()));
        }
    }
}

/// The CPU body.
pub fn binary_cross_entropy_cpu<F: Float>(z: &[F], t: &[F], dz: &mut [F], loss: &mut [F]) {
    let n = F::of(z.len().max(1) as f64);
    for (i, (z, t)) in z.iter().zip(t).enumerate() {
        let size = z.max(F::of(0.0) - *z);
        // Of no positive number.
        let small = (F::of(0.0) - size).exp();
        let upper = F::of(1.0) / (F::of(1.0) + small);
        let p = if *z >= F::of(0.0) { upper } else { small * upper };
        dz[i] = (p - *t) / n;
        loss[i] = (z.max(F::of(0.0)) + (F::of(1.0) + small).ln() - *t * *z) / n;
    }
}
