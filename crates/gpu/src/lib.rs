//! wgpu and nothing else: the device, pooled buffers, shader variants, recorded dispatches, readback. No word of
//! machine learning.
//!
//! Recording is synchronous and cheap; only what may wait ([`Gpu::open`], [`Gpu::read`]) is `async`, because a web
//! page cannot block. A buffer that cannot be made spoils what is computed from it, and the error comes when that is
//! read: whoever asked for too much is told, others are not. What the driver reports late is returned by the next
//! [`Gpu::read`] or [`Gpu::check`], once. Only a lost device stays lost.

mod adapter;
mod buffer;
pub mod code;
mod device;
mod error;
mod failure;
mod profile;
mod readback;
mod recorder;
mod shader;
pub mod shelf;
mod signal;

pub use adapter::{AdapterChoice, AdapterDescription, adapters};
pub use buffer::Buffer;
pub use device::Gpu;
pub use error::{Error, Result};
pub use profile::{Profile, ShaderProfile};
pub use readback::Readback;
pub use recorder::{Binding, Counters};
pub use shader::{Access, Constants, Shader};
pub use shelf::MemoryUse;
