//! The sum of word, position and token-type embeddings of packed tokens.

use graftwork_gpu::{Access, Shader};

use super::{dispatch, groups_for, wgsl};
use crate::cpu::for_each_row;
use crate::device::Backend;
use crate::{Device, Float, Indices, Tensor};

/// `shaders/embed.wgsl`
pub static SHADER: Shader = Shader {
    name: "embed",
    parts: &[wgsl!("embed.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::Read, Access::Read, Access::ReadWrite],
};

/// `y = word[ids] + position[positions] + kind[types]`, [T, D]; `tokens` [3 T] holds ids, positions and token types one
/// after the other. Embeddings are frozen: there is no derivative.
///
/// The caller has checked that every index is inside its table.
pub fn embed(device: &Device, tokens: &Indices, [word, position, kind]: [&Tensor; 3], y: &Tensor) {
    let (t, d) = (y.rows(), y.cols());
    assert_eq!(tokens.len(), 3 * t, "embed: tokens");
    assert!([word, position, kind].iter().all(|table| table.cols() == d), "embed: hidden size");
    match device.backend() {
        Backend::Cpu(_) => {
            embed_cpu(tokens.values(), [&word.cpu(), &position.cpu(), &kind.cpu()], d, &mut y.cpu_mut());
        }
        Backend::Gpu(gpu) => {
            let buffers = [tokens.binding(), word.binding(), position.binding(), kind.binding(), y.binding()];
            dispatch(gpu, &SHADER, &[], &buffers, &[t as u32, d as u32], groups_for(t * d));
        }
    }
}

/// The CPU body.
pub fn embed_cpu<F: Float>(tokens: &[u32], [word, position, kind]: [&[F]; 3], d: usize, y: &mut [F]) {
    let t = tokens.len() / 3;
    let row = |table: &[F], i: usize, j: usize| table[tokens[i] as usize * d + j];
    for_each_row(y, d, |i, out| {
        for (j, out) in out.iter_mut().enumerate() {
            *out = row(word, i, j) + row(position, t + i, j) + row(kind, 2 * t + i, j);
        }
    });
}
