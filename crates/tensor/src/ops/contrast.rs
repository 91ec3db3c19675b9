//! The supervised contrastive loss over a batch (Khosla et al. 2020, "L_out"), and its derivative, in one pass over the
//! examples' similarities.

use graftwork_gpu::{Access, Shader};

use super::{GROUP, dispatch, same_shape, wgsl};
use crate::device::Backend;
use crate::{Device, Float, Indices, Tensor};

/// `shaders/contrast.wgsl`
pub static SHADER: Shader = Shader {
    name: "contrast",
    parts: &[wgsl!("contrast.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::ReadWrite, Access::ReadWrite],
};

/// From similarities s [n, n] of n examples, divided by the temperature, and their labels: the derivative ds [n, n] of the
/// mean loss over the `counted` examples that share their label with another ([`counted`]), and each one's share of that mean
/// in `loss`, which has n elements and whose sum is the loss of the batch. The similarity of an example with itself does not
/// count.
pub fn contrast(device: &Device, s: &Tensor, labels: &Indices, counted: usize, ds: &Tensor, loss: &Tensor) {
    let n = s.rows();
    same_shape("contrast", s, ds);
    assert_eq!((s.cols(), labels.len(), loss.len()), (n, n, n), "contrast: rows");
    match device.backend() {
        Backend::Cpu(_) => {
            contrast_cpu(&s.cpu(), labels.values(), counted, &mut ds.cpu_mut(), &mut loss.cpu_mut());
        }
        Backend::Gpu(gpu) => {
            let buffers = [s.binding(), labels.binding(), ds.binding(), loss.binding()];
            let params = [n as u32, counted.max(1) as u32];
            dispatch(gpu, &SHADER, &[], &buffers, &params, [n.div_ceil(GROUP) as u32, 1, 1]);
        }
    }
}

/// How many examples share their label with another.
pub fn counted(labels: &[u32]) -> usize {
    let mut sorted = labels.to_vec();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).map(<[u32]>::len).filter(|count| *count > 1).sum()
}

/// The CPU body.
pub fn contrast_cpu<F: Float>(s: &[F], labels: &[u32], counted: usize, ds: &mut [F], loss: &mut [F]) {
    let n = F::of(counted.max(1) as f64);
    for (i, (s, ds)) in s.chunks(labels.len()).zip(ds.chunks_mut(labels.len())).enumerate() {
        let others = || (0..labels.len()).filter(|a| *a != i);
        let near = || others().filter(|a| labels[*a] == labels[i]);
        ds.fill(F::of(0.0));
        loss[i] = F::of(0.0);
        let count = F::of(near().count() as f64);
        if near().next().is_none() {
            continue;
        }
        let top = others().map(|a| s[a]).fold(F::of(-3e38), Float::max);
        others().for_each(|a| ds[a] = (s[a] - top).exp());
        let total: F = ds.iter().copied().sum();
        ds.iter_mut().for_each(|p| *p = *p / total / n);
        near().for_each(|p| ds[p] += -F::of(1.0) / count / n);
        loss[i] = (total.ln() + top - near().map(|p| s[p]).sum::<F>() / count) / n;
    }
}
