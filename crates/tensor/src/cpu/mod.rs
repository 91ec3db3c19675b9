//! What the CPU bodies share: pooled buffers, numbers, matrix products, loops over rows.

mod buffer;
mod float;
mod gemm;
#[cfg(any(test, target_arch = "wasm32"))]
mod gemm_wasm;
mod gemm_widened;
mod rows;

pub(crate) use buffer::{CpuBuffer, CpuPool};
pub use float::Float;
pub(crate) use gemm::gemm_on_this_thread;
pub use gemm::{Matrix, gemm};
pub(crate) use gemm_widened::gemm_widened;
pub(crate) use rows::{for_each_row, for_each_row2, parallel_map};
