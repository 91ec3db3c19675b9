//! What the CPU bodies share: pooled buffers, numbers, matrix products, loops over rows on all threads.

mod buffer;
#[cfg(not(target_arch = "wasm32"))]
mod crew;
mod float;
mod gemm;
pub(crate) mod int8;
mod rows;
mod threads;

pub(crate) use buffer::{CpuBuffer, CpuPool};
pub use float::Float;
pub(crate) use gemm::{Finish, PANEL, Right, Stored, gemm_on_this_thread, product};
pub use gemm::{Matrix, gemm};
pub(crate) use rows::{add, for_each, for_each_piece, for_each_row, for_each_row2};
pub(crate) use threads::threads;
#[cfg(not(target_arch = "wasm32"))]
pub use threads::use_threads;
#[cfg(test)]
pub(crate) use threads::with_threads;
