//! What a type of weights is to the rest.

use std::ops::Range;

use graftwork_gpu::Shader;
use half::f16;
use half::slice::HalfFloatSliceExt;

use super::OutOfRange;
use super::panels::Of;
use crate::cpu::{Finish, Matrix, PANEL};
use crate::ops::gemm::{self, GemmKernel};
use crate::ops::{Variants, embed};

/// One file of this folder. What it needs beside the elements, such as scales, lies in the same words.
pub(super) trait Format: Sync {
    /// In options and files.
    fn name(&self) -> &'static str;
    /// Words of 4 bytes that a matrix of [rows, cols] takes.
    fn words(&self, shape: [usize; 2]) -> usize;
    /// The shaders of the ops that read weights, with this type's load fragments.
    fn shaders(&self) -> &'static Shaders;
    /// Widens the elements of a row of a matrix of `shape` from [row, column] on.
    fn widen(&self, words: &[f32], shape: [usize; 2], from: [usize; 2], to: &mut [f32]);
    /// Words that the panels of a matrix of [rows, cols] take: [`PANEL`] rows, then the next.
    fn panel_words(&self, [rows, cols]: [usize; 2]) -> usize {
        self.words([rows.next_multiple_of(PANEL), cols])
    }
    /// Brings the rows of a matrix of `shape`, with which `words` begin, into its panels.
    fn to_panels(&self, words: &mut [f32], shape: [usize; 2]);
    /// Widens what stands in the panel of column `at.0`, a multiple of [`PANEL`], over some of the depth: [depth, [`PANEL`]]. It is there as
    /// it is, or is made in `scratch`, which has as many elements.
    fn panel<'s>(
        &self,
        weight: (&'s [f32], [usize; 2]),
        of: Of,
        at: (usize, Range<usize>),
        scratch: &'s mut [f32],
    ) -> &'s [f32];
    /// Whether the product with W reads other panels than the one with its transpose.
    fn turns(&self) -> bool {
        true
    }
    /// From the panels of the transpose of a matrix of `shape` to those of itself.
    fn turn_panels(&self, from: &[f32], shape: [usize; 2], to: &mut [f32]);
    /// The product with rounded activations that this type has on this processor.
    fn rounded_product(&self) -> Option<RoundedProduct> {
        None
    }
    /// What makes words of the pieces of a matrix of `shape`.
    fn pack(&self, shape: [usize; 2]) -> Box<dyn Pack>;
}

/// `c = a Wᵀ`, then `finish`: rows of activations, the panels of a weight and its shape [N, K], the result [M, N].
pub(crate) type RoundedProduct = fn(Matrix<'_, f32>, (&[f32], [usize; 2]), &mut [f32], Finish<'_, f32>);

/// Takes the next words of a weight on their way to the device.
pub(super) type Sink<'a> = &'a mut dyn FnMut(&[f32]);

/// Makes the stored words of a matrix from its elements, piece by piece in row-major order.
pub(super) trait Pack {
    /// The next elements; those without a place in this type are refused.
    fn f32(&mut self, values: &[f32], sink: Sink<'_>) -> Result<(), OutOfRange>;
    /// The next elements, of half precision.
    fn f16(&mut self, values: &[f16], sink: Sink<'_>) -> Result<(), OutOfRange> {
        self.f32(&values.to_f32_vec(), sink)
    }
    /// There are no more.
    fn end(&mut self, _sink: Sink<'_>) {}
}

/// The shaders of the ops that read weights: with contiguous sizes that are multiples of 4, and of any.
#[derive(Debug)]
pub(crate) struct Shaders {
    pub gemm_registers: [Shader; 2],
    pub gemm_tile: [Shader; 2],
    pub gemm_rows: [Shader; 2],
    pub embed: [Shader; 2],
}

impl Shaders {
    /// All, with constants that cover their branches.
    pub fn all(&'static self) -> impl Iterator<Item = (&'static Shader, Variants)> {
        use GemmKernel::{Registers, Rows, Tile32, Tile64, Tile128};
        let all = [
            (&self.gemm_registers, gemm::variants(&[Registers])),
            (&self.gemm_tile, gemm::variants(&[Tile32, Tile64, Tile128])),
            (&self.gemm_rows, gemm::variants(&[Rows])),
            (&self.embed, embed::variants()),
        ];
        all.into_iter().flat_map(|(shaders, variants)| shaders.iter().map(move |shader| (shader, variants.clone())))
    }
}

/// The shaders around the load fragments of a type: the code of `shaders/lib/weight_<name>_{vec4,scalar}.wgsl`.
macro_rules! shaders {
    ($name:literal) => {{
        use $crate::ops::{FIRST, embed, gemm, wgsl};
        use $crate::weight::format::{product, two};
        const VEC4: &str = wgsl!(concat!("lib/weight_", $name, "_vec4.wgsl"));
        const SCALAR: &str = wgsl!(concat!("lib/weight_", $name, "_scalar.wgsl"));
        $crate::weight::Shaders {
            gemm_registers: product!("gemm_registers", $name, [gemm::REGISTERS]),
            gemm_tile: product!("gemm_tile", $name, [gemm::SUM, gemm::TILE]),
            gemm_rows: product!("gemm_rows", $name, [gemm::SUM, gemm::ROWS]),
            embed: two!("embed", $name, embed::BUFFERS, [VEC4, embed::CODE], [FIRST, SCALAR, embed::CODE]),
        }
    }};
}
pub(super) use shaders;

/// A kernel of the matrix product for both kinds of sizes.
macro_rules! product {
    ($op:literal, $name:literal, [$($code:expr),*]) => {
        two!(
            $op,
            $name,
            gemm::BUFFERS,
            [gemm::ACTIVATION, gemm::MATRIX_VEC4, VEC4, gemm::COMMON, $($code),*],
            [gemm::ACTIVATION, FIRST, gemm::MATRIX_SCALAR, SCALAR, gemm::COMMON, $($code),*]
        )
    };
}
pub(in crate::weight) use product;

/// A shader for both kinds of sizes.
macro_rules! two {
    ($op:literal, $name:literal, $buffers:expr, [$($vec4:expr),*], [$($scalar:expr),*]) => {
        [
            graftwork_gpu::Shader {
                name: concat!($op, "_", $name, "_vec4"),
                parts: &[$($vec4),*],
                buffers: $buffers,
            },
            graftwork_gpu::Shader {
                name: concat!($op, "_", $name, "_scalar"),
                parts: &[$($scalar),*],
                buffers: $buffers,
            },
        ]
    };
}
pub(in crate::weight) use two;
