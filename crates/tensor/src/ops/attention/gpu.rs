//! Attention on a GPU: kernels for hardware, with tiles in workgroup memory, and others for GPUs in software.

use graftwork_gpu::{Access, Gpu, Shader};

use super::{Sequences, scale};
use crate::ops::{GROUP, Variants, dispatch, dispatch_work, groups, groups_for, wgsl};
use crate::{Device, GpuKind, Indices, Tensor};

/// `shaders/attention.wgsl`
pub static SHADER: Shader = Shader {
    name: "attention",
    parts: &[wgsl!("attention.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::ReadWrite, Access::ReadWrite],
};

/// `shaders/attention_tiles.wgsl`
pub static SHADER_TILES: Shader =
    Shader { name: "attention_tiles", parts: &[wgsl!("attention_tiles.wgsl")], buffers: SHADER.buffers };

/// `shaders/attention_bwd_dq.wgsl`
pub static SHADER_BWD_DQ: Shader = Shader {
    name: "attention_bwd_dq",
    parts: &[wgsl!("attention_bwd_dq.wgsl")],
    buffers: &[
        Access::Read,
        Access::Read,
        Access::Read,
        Access::Read,
        Access::Read,
        Access::ReadWrite,
        Access::ReadWrite,
    ],
};

/// `shaders/attention_bwd_dkv.wgsl`
pub static SHADER_BWD_DKV: Shader = Shader {
    name: "attention_bwd_dkv",
    parts: &[wgsl!("attention_bwd_dkv.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::Read, Access::Read, Access::Read, Access::ReadWrite],
};

/// `shaders/attention_bwd_tiles.wgsl`
pub static SHADER_BWD_TILES: Shader = Shader {
    name: "attention_bwd_tiles",
    parts: &[wgsl!("attention_bwd_tiles.wgsl")],
    buffers: SHADER_BWD_DKV.buffers,
};

/// `shaders/attention_delta.wgsl`
pub static SHADER_DELTA: Shader = Shader {
    name: "attention_delta",
    parts: &[wgsl!("attention_delta.wgsl")],
    buffers: &[Access::Read, Access::Read, Access::ReadWrite],
};

/// Constants for validation.
pub fn variants() -> Variants {
    [1, 8, 16].map(|vec4| vec![("HEAD_VEC4", vec4)]).to_vec()
}

/// Constants for validation, of what computes derivatives with tiles.
pub fn variants_bwd_tiles() -> Variants {
    let both = |vec4| [false, true].map(|by_key| tile_constants(vec4, by_key).to_vec());
    [1, 5, 8, 16, 32, MOST_VEC4].into_iter().flat_map(both).collect()
}

/// E / 4 of the widest heads that are computed with tiles.
const MOST_VEC4: u32 = 64;

pub(super) fn takes_tiles(device: &Device) -> bool {
    device.as_gpu().is_some() && device.gpu_kind() == GpuKind::Hardware
}

/// Blocks of at most 64 tokens of one sequence: of each its first token, that of the sequence, and one past the last of that.
pub(super) fn blocks(cu_seqlens: &[u32]) -> Vec<u32> {
    let sequences = cu_seqlens.windows(2);
    sequences.flat_map(|w| (w[0]..w[1]).step_by(GROUP).flat_map(move |first| [first, w[0], w[1]])).collect()
}

/// Threads that share a row of a derivative, so that each keeps about 32 numbers of it.
fn split(head_vec4: u32) -> u32 {
    [4, 2].into_iter().find(|n| head_vec4.is_multiple_of(*n) && head_vec4 / n >= 8).unwrap_or(1)
}

fn tile_constants(head_vec4: u32, by_key: bool) -> [(&'static str, u32); 3] {
    [("HEAD_VEC4", head_vec4), ("BY_KEY", u32::from(by_key)), ("SPLIT", split(head_vec4))]
}

/// The sizes of one call.
struct Call<'a> {
    sequences: &'a Sequences,
    heads: usize,
    /// Tokens and hidden size.
    size: [usize; 2],
}

impl Call<'_> {
    fn head_vec4(&self) -> u32 {
        (self.size[1] / self.heads / 4) as u32
    }

    /// The blocks to compute with tiles, if that is how.
    fn blocks(&self) -> Option<&Indices> {
        self.sequences.blocks.as_ref().filter(|_| self.head_vec4() <= MOST_VEC4)
    }

    /// Numbers of a dispatch over `count` tokens or blocks.
    fn params(&self, count: usize) -> [u32; 3] {
        let scale = scale(self.size[1] / self.heads) as f32;
        [count as u32, self.heads as u32, scale.to_bits()]
    }

    fn by_token(&self) -> [u32; 3] {
        [self.size[0].div_ceil(GROUP) as u32, self.heads as u32, 1]
    }

    fn by_block(&self, workgroups: usize) -> [u32; 3] {
        let [x, y, _] = groups(workgroups);
        [x, y, self.heads as u32]
    }
}

pub(super) fn forward(gpu: &Gpu, qkv: &Tensor, sequences: &Sequences, heads: usize, [o, lse]: [&Tensor; 2]) {
    let call = Call { sequences, heads, size: [o.rows(), o.cols()] };
    let constants = [("HEAD_VEC4", call.head_vec4())];
    let (shader, places, count, groups) = match call.blocks() {
        Some(blocks) => (&SHADER_TILES, blocks, blocks.len() / 3, call.by_block(blocks.len() / 3)),
        None => (&SHADER, sequences.bounds(), o.rows(), call.by_token()),
    };
    let buffers = [qkv.binding(), places.binding(), o.binding(), lse.binding()];
    let flop = sequences.flop(2, o.cols());
    dispatch_work(gpu, shader, &constants, &buffers, &call.params(count), groups, flop);
}

pub(super) fn backward(
    device: &Device,
    gpu: &Gpu,
    qkv: &Tensor,
    sequences: &Sequences,
    heads: usize,
    [o, d_o, lse]: [&Tensor; 3],
    dqkv: &Tensor,
) {
    let (t, d) = (o.rows(), o.cols());
    let call = Call { sequences, heads, size: [t, d] };
    let delta = device.empty(t, heads);
    let [q, out, grad, stat, dq, del] =
        [qkv.binding(), o.binding(), d_o.binding(), lse.binding(), dqkv.binding(), delta.binding()];
    let constants = [("HEAD_VEC4", call.head_vec4())];
    let flop = |by_key: bool| sequences.flop(if by_key { 4 } else { 3 }, d);
    let Some(blocks) = call.blocks() else {
        let (bounds, params, groups) = (sequences.bounds().binding(), call.params(t), call.by_token());
        let (by_query, by_key) = ([q, bounds, out, grad, stat, dq, del], [q, bounds, grad, stat, del, dq]);
        dispatch_work(gpu, &SHADER_BWD_DQ, &constants, &by_query, &params, groups, flop(false));
        return dispatch_work(gpu, &SHADER_BWD_DKV, &constants, &by_key, &params, groups, flop(true));
    };
    let count = blocks.len() / 3;
    dispatch(gpu, &SHADER_DELTA, &constants, &[out, grad, del], &[(t * heads) as u32], groups_for(t * heads));
    for by_key in [false, true] {
        let constants = tile_constants(call.head_vec4(), by_key);
        let groups = call.by_block(count * constants[2].1 as usize);
        let buffers = [q, blocks.binding(), grad, stat, del, dq];
        dispatch_work(gpu, &SHADER_BWD_TILES, &constants, &buffers, &call.params(count), groups, flop(by_key));
    }
}
