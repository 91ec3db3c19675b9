//! The `.bin` files of `torch.save`: a ZIP archive of a pickle and the storages that it speaks of.

pub(crate) mod file;
mod legacy;
mod pickle;
mod pickle_input;
mod pickle_value;
pub(crate) mod stored_zip;
