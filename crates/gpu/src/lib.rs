//! wgpu and nothing else: the device, pooled buffers, shader variants, recorded dispatches, readback. No word of
//! machine learning.
//!
//! Recording is synchronous and cheap; only what may wait ([`Gpu::open`], [`Gpu::read`]) is `async`, because a web
//! page cannot block. What the driver reports late (lost device, out of memory, rejected commands) is kept and
//! returned by the next [`Gpu::read`] or [`Gpu::check`].

mod adapter;
mod buffer;
pub mod code;
mod device;
mod error;
mod failure;
mod recorder;
mod shader;
mod signal;

pub use adapter::{AdapterChoice, AdapterDescription, adapters};
pub use buffer::{Buffer, MemoryUse};
pub use device::Gpu;
pub use error::{Error, Result};
pub use recorder::Binding;
pub use shader::{Access, Constants, Shader};
