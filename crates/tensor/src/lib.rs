//! Tensors, the tape, and the ops. An op is one file of `ops/`: a shape rule, a CPU body generic over f32 and f64, the
//! dispatch of one shader of `shaders/`, and a derivative.
//!
//! Dimensions are named the same everywhere: T tokens, D hidden size, F feed-forward size, H heads, E head size,
//! R bottleneck.

mod activation;
mod cpu;
mod device;
mod error;
pub mod ops;
mod tape;
mod tensor;
mod threads;
mod weight;

pub use activation::Activation;
#[cfg(not(target_arch = "wasm32"))]
pub use cpu::use_threads;
pub use cpu::{Float, Matrix, gemm as cpu_gemm};
pub use device::{Device, GpuKind, Reading};
pub use error::{Error, Result};
pub use graftwork_gpu::MemoryUse;
pub use tape::{DropoutKey, Param, Tape, Var};
pub use tensor::{Indices, Tensor};
pub use threads::{BoxFuture, MaybeSend, OnProgress, give_way};
pub use weight::{OutOfRange, Weight, WeightType, WeightUse, WeightWriter, quantize_row};
