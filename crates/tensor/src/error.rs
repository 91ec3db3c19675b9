use thiserror::Error;

/// What can go wrong while tensors are computed: only the device can fail; wrong shapes are bugs and panic.
#[derive(Debug, Clone, Error)]
pub enum Error {
    /// The GPU.
    #[error(transparent)]
    Gpu(#[from] graftwork_gpu::Error),
}

/// `Result` with this crate's [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;
