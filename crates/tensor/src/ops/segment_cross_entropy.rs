//! Mean cross-entropy over places in segments of rows (which token an answer begins with, which choice is right), and its
//! derivative, in one pass.

use graftwork_gpu::{Access, Shader};

use super::cross_entropy::IGNORED;
use super::{dispatch, groups, same_shape, wgsl};
use crate::device::Backend;
use crate::{Device, Float, Indices, Tensor};

/// `shaders/segment_cross_entropy.wgsl`
pub static SHADER: Shader = Shader {
    name: "segment_cross_entropy",
    parts: &[wgsl!("lib/sum64.wgsl"), wgsl!("lib/max64.wgsl"), wgsl!("segment_cross_entropy.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::Read, Access::ReadWrite, Access::ReadWrite],
};

/// Logits z [T, C], of which a softmax goes along the rows of each segment, column by column. `starts` [S + 1] says where
/// the segments, none of them empty, begin and the last one ends; `labels` [S, C] has the right row of each, counted within
/// the segment, or [`IGNORED`]. Gives the derivative dz [T, C] of the mean loss over the `counted` labels, and each one's
/// share of that mean in `loss`, which has S C elements and whose sum is the loss of the batch.
pub fn segment_cross_entropy(
    device: &Device,
    z: &Tensor,
    (starts, labels): (&Indices, &Indices),
    counted: usize,
    dz: &Tensor,
    loss: &Tensor,
) {
    same_shape("segment_cross_entropy", z, dz);
    let places = (starts.len() - 1) * z.cols();
    assert_eq!((labels.len(), loss.len()), (places, places), "segment_cross_entropy: labels");
    match device.backend() {
        Backend::Cpu(_) => {
            let (starts, labels) = (starts.values(), labels.values());
            segment_cross_entropy_cpu(&z.cpu(), &starts, &labels, counted, &mut dz.cpu_mut(), &mut loss.cpu_mut());
        }
        Backend::Gpu(gpu) => {
            let buffers = [z.binding(), starts.binding(), labels.binding(), dz.binding(), loss.binding()];
            let params = [starts.len() as u32 - 1, z.cols() as u32, counted.max(1) as u32];
            dispatch(gpu, &SHADER, &[], &buffers, &params, groups(places));
        }
    }
}

/// The CPU body.
pub fn segment_cross_entropy_cpu<F: Float>(
    z: &[F],
    starts: &[u32],
    labels: &[u32],
    counted: usize,
    dz: &mut [F],
    loss: &mut [F],
) {
    let n = F::of(counted.max(1) as f64);
    let cols = labels.len() / (starts.len() - 1).max(1);
    for (place, (label, loss)) in labels.iter().zip(loss).enumerate() {
        let (segment, col) = (place / cols, place % cols);
        let rows = starts[segment] as usize..starts[segment + 1] as usize;
        let at = |row: usize| row * cols + col;
        if *label == IGNORED {
            rows.for_each(|row| dz[at(row)] = F::of(0.0));
            *loss = F::of(0.0);
            continue;
        }
        let right = rows.start + *label as usize;
        let top = rows.clone().fold(z[at(rows.start)], |top, row| top.max(z[at(row)]));
        let mut total = F::of(0.0);
        for row in rows.clone() {
            dz[at(row)] = (z[at(row)] - top).exp();
            total += dz[at(row)];
        }
        rows.for_each(|row| dz[at(row)] = dz[at(row)] / total / n);
        dz[at(right)] += F::of(-1.0) / n;
        *loss = (total.ln() + top - z[at(right)]) / n;
    }
}
