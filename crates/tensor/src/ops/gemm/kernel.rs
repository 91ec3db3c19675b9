//! The kernels of the matrix product on a GPU: one formula, and for all of hardware one order of sums; other ways to share
//! out the work.

use graftwork_gpu::{Access, Shader};

use crate::ops::{Variants, wgsl};
use crate::{Activation, WeightType};

pub(crate) const BUFFERS: &[Access] =
    &[Access::Read, Access::Read, Access::Read, Access::Read, Access::ReadWrite, Access::ReadWrite];
pub(crate) const ACTIVATION: &str = wgsl!("lib/activation.wgsl");
/// Over sizes that are multiples of 4.
pub(crate) const MATRIX_VEC4: &str = wgsl!("lib/matrix_vec4.wgsl");
/// Over any sizes.
pub(crate) const MATRIX_SCALAR: &str = wgsl!("lib/matrix_scalar.wgsl");
pub(crate) const COMMON: &str = wgsl!("lib/gemm.wgsl");
pub(crate) const SUM: &str = wgsl!("lib/gemm_sum.wgsl");
pub(crate) const REGISTERS: &str = wgsl!("gemm_registers.wgsl");
pub(crate) const TILE: &str = wgsl!("gemm_tile.wgsl");
pub(crate) const ROWS: &str = wgsl!("gemm_rows.wgsl");

/// A kernel of the matrix product. All but the first give the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GemmKernel {
    /// 8 x 8 results a thread, no workgroup memory: for GPUs in software, in an order of sums that suits those.
    Registers,
    /// Tiles of 32 x 32 results: where larger ones would leave a GPU idle.
    Tile32,
    /// Tiles of 64 x 64 results.
    Tile64,
    /// Tiles of 64 x 128 results: for large products.
    Tile128,
    /// K shared out to threads: for few rows.
    Rows,
}

impl GemmKernel {
    /// All there are.
    pub const ALL: [Self; 5] = [Self::Registers, Self::Tile32, Self::Tile64, Self::Tile128, Self::Rows];

    /// Its name in options.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Registers => "registers",
            Self::Tile32 => "tile32",
            Self::Tile64 => "tile64",
            Self::Tile128 => "tile128",
            Self::Rows => "rows",
        }
    }

    /// Threads along M and N of a kernel with tiles, and how many blocks of 4 x 4 each has along N.
    fn tile(self) -> Option<[u32; 3]> {
        match self {
            Self::Tile32 => Some([8, 8, 1]),
            Self::Tile64 => Some([16, 16, 1]),
            Self::Tile128 => Some([16, 16, 2]),
            Self::Registers | Self::Rows => None,
        }
    }

    /// For B of some type; `contiguous` says that all rows have multiples of 4 elements.
    pub(super) fn shader(self, b: WeightType, contiguous: bool) -> &'static Shader {
        let shaders = b.shaders();
        let [vec4, scalar] = match self {
            Self::Registers => &shaders.gemm_registers,
            Self::Rows => &shaders.gemm_rows,
            Self::Tile32 | Self::Tile64 | Self::Tile128 => &shaders.gemm_tile,
        };
        if contiguous { vec4 } else { scalar }
    }

    /// The constants that are its own, for a result of N columns.
    pub(super) fn constants(self, n: usize) -> Vec<(&'static str, u32)> {
        match self.tile() {
            Some([m, n, width]) => vec![("THREADS_M", m), ("THREADS_N", n), ("WIDTH", width)],
            None if self == Self::Registers => vec![("LANES_N", lanes(n) as u32)],
            None => Vec::new(),
        }
    }

    /// Rows and columns of a workgroup's results.
    pub(super) fn extent(self, n: usize) -> [usize; 2] {
        match self.tile() {
            Some([m, n, width]) => [4 * m, 4 * n * width].map(|extent| extent as usize),
            None if self == Self::Registers => [512 / lanes(n), 8 * lanes(n)],
            None => [4, 64],
        }
    }
}

/// Threads along N of [`GemmKernel::Registers`]: narrow results get fewer, so that none idles.
fn lanes(n: usize) -> usize {
    n.div_ceil(8).next_power_of_two().min(8)
}

/// Constants for validation, of the shader that some kernels share.
pub(crate) fn variants(kernels: &[GemmKernel]) -> Variants {
    let mut all = Vec::new();
    for kernel in kernels {
        for (km, kn) in [(0, 0), (0, 1), (1, 1)] {
            for act in 0..Activation::ALL.len() as u32 {
                let mut constants = kernel.constants(64);
                constants.extend([
                    ("A_IS_KM", km),
                    ("B_IS_KN", kn),
                    ("HAS_BIAS", act & 1),
                    ("HAS_RESIDUAL", act >> 1 & 1),
                    ("KEEP_PRE", act >> 2 & 1),
                    ("ACTIVATION", act),
                ]);
                all.push(constants);
            }
        }
    }
    all
}
