use thiserror::Error;

/// What can go wrong while tensors are computed: only the device can fail; wrong shapes are bugs and panic.
#[derive(Debug, Clone, Error)]
pub enum Error {
    /// The GPU.
    #[error(transparent)]
    Gpu(#[from] graftwork_gpu::Error),
}

impl Error {
    /// Whether there was no room for what was asked: less of it may succeed.
    pub fn is_out_of_memory(&self) -> bool {
        use graftwork_gpu::Error;
        let Self::Gpu(error) = self;
        matches!(error, Error::TooLarge { .. } | Error::OutOfMemory(_))
    }
}

/// `Result` with this crate's [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;
