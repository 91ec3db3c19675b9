//! A teacher's part of a loss and its derivative (Hinton et al., "Distilling the Knowledge in a Neural Network", 2015).

use graftwork_gpu::{Access, Shader};

use super::{GROUP, dispatch, same_shape, wgsl};
use crate::device::Backend;
use crate::{Device, Float, Tensor};

/// `shaders/distillation.wgsl`
pub static SHADER: Shader = Shader {
    name: "distillation",
    parts: &[wgsl!("distillation.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::ReadWrite, Access::ReadWrite],
};

/// How much a teacher is listened to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distillation {
    /// T, what both sides' logits are divided by: above 0.
    pub temperature: f32,
    /// w, the teacher's part of the loss, from 0 to 1; the labels have the rest.
    pub weight: f32,
}

/// From logits z [n, C] and a teacher's logits t [n, C]: of the mean loss over the n rows, what `dz` [n, C] and `loss` (each
/// row's share, n elements) had from the labels becomes `(1 - w)` times that, plus `w T^2 KL(softmax(t / T) || softmax(z / T))`
/// and its derivative.
pub fn distillation(device: &Device, z: &Tensor, t: &Tensor, how: Distillation, dz: &Tensor, loss: &Tensor) {
    same_shape("distillation", z, t);
    same_shape("distillation", z, dz);
    assert_eq!(loss.len(), z.rows(), "distillation: rows");
    match device.backend() {
        Backend::Cpu(_) => {
            distillation_cpu(&z.cpu(), &t.cpu(), z.cols(), how, &mut dz.cpu_mut(), &mut loss.cpu_mut());
        }
        Backend::Gpu(gpu) => {
            let buffers = [z.binding(), t.binding(), dz.binding(), loss.binding()];
            let groups = [z.rows().div_ceil(GROUP) as u32, 1, 1];
            let params = [z.rows() as u32, z.cols() as u32, how.temperature.to_bits(), how.weight.to_bits()];
            dispatch(gpu, &SHADER, &[], &buffers, &params, groups);
        }
    }
}

/// The CPU body, over rows of `classes` elements.
pub fn distillation_cpu<F: Float>(
    z: &[F],
    t: &[F],
    classes: usize,
    Distillation { temperature, weight }: Distillation,
    dz: &mut [F],
    loss: &mut [F],
) {
    let (temperature, weight) = (F::of(f64::from(temperature)), F::of(f64::from(weight)));
    let (n, own) = (F::of(loss.len() as f64), F::of(1.0) - weight);
    let rows = z.chunks(classes.max(1)).zip(t.chunks(classes.max(1))).zip(dz.chunks_mut(classes.max(1))).zip(loss);
    for (((z, t), dz), loss) in rows {
        let scaled = |row: &[F]| {
            let top = row.iter().fold(row[0], |a, b| a.max(*b));
            row.iter().map(|v| (*v - top) / temperature).collect::<Vec<F>>()
        };
        let (a, b) = (scaled(z), scaled(t));
        let total = |row: &[F]| row.iter().map(|v| v.exp()).sum::<F>();
        let (total_z, total_t) = (total(&a), total(&b));
        let rest = total_t.ln() - total_z.ln();
        let mut divergence = F::of(0.0);
        for ((dz, a), b) in dz.iter_mut().zip(a).zip(b) {
            let (q, p) = (a.exp() / total_z, b.exp() / total_t);
            divergence += p * (b - a - rest);
            *dz = own * *dz + weight * temperature * (q - p) / n;
        }
        *loss = own * *loss + weight * temperature * temperature * divergence / n;
    }
}
