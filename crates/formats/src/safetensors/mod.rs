//! The safetensors format: headers, tensors one at a time, and writing.

pub(crate) mod file;
mod header;
pub(crate) mod number_format;
pub(crate) mod write;
