//! What the CPU bodies share: pooled buffers, numbers, matrix products, loops over rows.

mod buffer;
mod float;
mod gemm;
mod rows;

pub(crate) use buffer::{CpuBuffer, CpuPool};
pub use float::Float;
pub use gemm::{Matrix, gemm};
pub(crate) use gemm::{PANEL, Right, Stored, gemm_on_this_thread, product};
pub(crate) use rows::{add, for_each, for_each_piece, for_each_row, for_each_row2};
