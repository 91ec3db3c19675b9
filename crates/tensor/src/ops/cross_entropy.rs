//! Mean cross-entropy over a batch, and its derivative, in one pass.

use graftwork_gpu::{Access, Shader};

use super::{GROUP, dispatch, groups_for, same_shape, wgsl};
use crate::device::Backend;
use crate::{Device, Float, GpuKind, Indices, Tensor};

/// `shaders/cross_entropy.wgsl`
pub static SHADER: Shader = Shader {
    name: "cross_entropy",
    parts: &[wgsl!("lib/sum64.wgsl"), wgsl!("lib/max64.wgsl"), wgsl!("cross_entropy.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::ReadWrite, Access::ReadWrite],
};

/// Constants for validation.
pub fn variants() -> super::Variants {
    [1, GROUP as u32].map(|lanes| vec![("LANES", lanes)]).to_vec()
}

/// The label of a row that does not count: it has no loss and no derivative.
pub const IGNORED: u32 = u32::MAX;

/// From logits z [n, C] and n labels (each below C, or [`IGNORED`]): the derivative dz [n, C] of the mean loss over the
/// `counted` rows that have a label, and each row's share of that mean in `loss`, which has n elements and whose sum is
/// the loss of the batch.
pub fn cross_entropy(device: &Device, z: &Tensor, labels: &Indices, counted: usize, dz: &Tensor, loss: &Tensor) {
    same_shape("cross_entropy", z, dz);
    assert_eq!((labels.len(), loss.len()), (z.rows(), z.rows()), "cross_entropy: rows");
    match device.backend() {
        Backend::Cpu(_) => {
            cross_entropy_cpu(&z.cpu(), &labels.values(), counted, &mut dz.cpu_mut(), &mut loss.cpu_mut());
        }
        Backend::Gpu(gpu) => {
            let buffers = [z.binding(), labels.binding(), dz.binding(), loss.binding()];
            // In software, threads that wait for each other cost more than one that does it all.
            let lanes = if device.gpu_kind() == GpuKind::Hardware { GROUP } else { 1 };
            let params = [z.rows() as u32, z.cols() as u32, counted.max(1) as u32];
            dispatch(gpu, &SHADER, &[("LANES", lanes as u32)], &buffers, &params, groups_for(z.rows() * lanes));
        }
    }
}

/// The CPU body.
pub fn cross_entropy_cpu<F: Float>(z: &[F], labels: &[u32], counted: usize, dz: &mut [F], loss: &mut [F]) {
    let n = F::of(counted.max(1) as f64);
    let classes = z.len() / labels.len().max(1);
    for (i, (z, dz)) in z.chunks(classes.max(1)).zip(dz.chunks_mut(classes.max(1))).enumerate() {
        if labels[i] == IGNORED {
            dz.fill(F::of(0.0));
            loss[i] = F::of(0.0);
            continue;
        }
        let label = labels[i] as usize;
        let top = z.iter().fold(z[0], |a, b| a.max(*b));
        dz.iter_mut().zip(z).for_each(|(p, z)| *p = (*z - top).exp());
        let total: F = dz.iter().copied().sum();
        dz.iter_mut().for_each(|p| *p = *p / total / n);
        dz[label] += F::of(-1.0) / n;
        loss[i] = (total.ln() + top - z[label]) / n;
    }
}
