//! The ops. Every file holds one: what it computes, its CPU body, its dispatch, its derivative on the tape.

pub mod activate;
pub mod activation_bwd;
pub mod adamw;
pub mod add;
pub mod add_columns;
pub mod attention;
pub mod binary_cross_entropy;
pub mod clear;
pub mod cross_entropy;
pub mod distillation;
pub mod dropout;
pub mod embed;
pub mod gather_rows;
pub mod gemm;

pub mod layer_norm;
pub mod linear;
pub mod mean_squared_error;
pub mod normalize;
pub mod pool;
pub mod reduce;
pub mod scale;
pub mod segment_cross_entropy;
pub mod sum_rows;
pub mod word_cross_entropy;

use graftwork_gpu::{Binding, Constants, Gpu, Shader};

use crate::{Tensor, weight};

/// A shader's variants: the values of its constants.
pub type Variants = Vec<Vec<(&'static str, u32)>>;

/// Every shader of the library with constants that between them cover its branches: for validation.
pub fn shaders() -> Vec<(&'static Shader, Variants)> {
    let mut all = vec![
        (&activate::SHADER, activate::variants()),
        (&activation_bwd::SHADER, activation_bwd::variants()),
        (&adamw::SHADER, vec![vec![]]),
        (&add::SHADER, vec![vec![]]),
        (&add_columns::SHADER, vec![vec![]]),
        (&add_columns::SHADER_BWD, vec![vec![]]),
        (&attention::SHADER, attention::variants()),
        (&attention::SHADER_TILES, attention::variants()),
        (&attention::SHADER_DELTA, attention::variants()),
        (&attention::SHADER_BWD_TILES, attention::variants_bwd_tiles()),
        (&attention::SHADER_BWD_DQ, attention::variants()),
        (&attention::SHADER_BWD_DKV, attention::variants()),
        (&binary_cross_entropy::SHADER, vec![vec![]]),
        (&clear::SHADER, vec![vec![]]),
        (&cross_entropy::SHADER, cross_entropy::variants()),
        (&distillation::SHADER, vec![vec![]]),
        (&dropout::SHADER, dropout::variants()),
        (&gather_rows::SHADER, gather_rows::variants()),
        (&reduce::SHADER, reduce::variants()),
        (&layer_norm::SHADER, layer_norm::variants()),
        (&layer_norm::SHADER_BWD, layer_norm::variants_bwd()),
        (&mean_squared_error::SHADER, vec![vec![]]),
        (&normalize::SHADER, vec![vec![]]),
        (&normalize::SHADER_BWD, vec![vec![]]),
        (&pool::SHADER, pool::variants()),
        (&pool::SHADER_BWD, pool::variants()),
        (&scale::SHADER, scale::variants()),
        (&segment_cross_entropy::SHADER, vec![vec![]]),
        (&sum_rows::SHADER, sum_rows::variants()),
        (&word_cross_entropy::SHADER, word_cross_entropy::variants()),
        (&word_cross_entropy::SHADER_BWD, vec![vec![]]),
    ];
    all.extend(weight::shaders());
    all
}

/// Code of a file under `shaders/`.
macro_rules! wgsl {
    ($($path:tt)*) => {
        graftwork_gpu::shader_code!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shaders/", $($path)*))
    };
}
pub(crate) use wgsl;

/// What fragments need that read one element at a time.
pub(crate) const FIRST: &str = wgsl!("lib/first.wgsl");

/// Threads of a workgroup in shaders that work element by element or row by row.
pub(crate) const GROUP: usize = 64;
const MAX_GROUPS: usize = 65_535;

/// `n` workgroups in x and, over WebGPU's limit of 65,535 a dimension, y.
pub(crate) fn groups(n: usize) -> [u32; 3] {
    let x = n.min(MAX_GROUPS);
    [x as u32, n.div_ceil(x.max(1)) as u32, 1]
}

/// Workgroups of [`GROUP`] for `n` threads.
pub(crate) fn groups_for(n: usize) -> [u32; 3] {
    groups(n.div_ceil(GROUP))
}

/// Dispatches a shader over tensors and indices, in binding order: one whose threads do little each.
pub(crate) fn dispatch(
    gpu: &Gpu,
    shader: &'static Shader,
    constants: &Constants,
    buffers: &[Binding<'_>],
    params: &[u32],
    groups: [u32; 3],
) {
    gpu.dispatch(shader, constants, buffers, bytemuck::cast_slice(params), groups, None);
}

/// Dispatches a shader that takes `flop` floating-point operations.
pub(crate) fn dispatch_work(
    gpu: &Gpu,
    shader: &'static Shader,
    constants: &Constants,
    buffers: &[Binding<'_>],
    params: &[u32],
    groups: [u32; 3],
    flop: u64,
) {
    gpu.dispatch(shader, constants, buffers, bytemuck::cast_slice(params), groups, Some(flop));
}

/// Asserts an op's shape rule.
pub(crate) fn same_shape(op: &str, a: &Tensor, b: &Tensor) {
    assert_eq!((a.rows(), a.cols()), (b.rows(), b.cols()), "{op}: shapes");
}
