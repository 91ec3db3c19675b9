//! The containers that models and adapters come in: JSON, safetensors, PyTorch's archives, and files that are whole or not
//! there. Nothing here knows what a backbone or an adapter is.

pub(crate) mod atomic_file;
pub(crate) mod json;
mod pickle;
mod pickle_input;
pub(crate) mod safetensors_file;
pub(crate) mod safetensors_write;
pub(crate) mod stored_zip;
pub(crate) mod torch_file;
mod widen;
