use thiserror::Error;

/// What can go wrong between the program and the GPU.
#[derive(Debug, Clone, Error)]
pub enum Error {
    /// No adapter fits the request.
    #[error(
        "no GPU adapter {wanted}; found: {found}. Install a Vulkan, Metal or DirectX 12 driver, or use the CPU (`--device cpu`)"
    )]
    NoAdapter {
        /// What was asked for.
        wanted: String,
        /// The adapters that are there.
        found: String,
    },
    /// The driver refused to create a device.
    #[error("the GPU adapter '{adapter}' gave no device: {reason}")]
    NoDevice {
        /// The adapter's name.
        adapter: String,
        /// The driver's words.
        reason: String,
    },
    /// The device went away: driver reset, sleep, tab in the background, or `destroy`.
    #[error("the GPU device was lost ({reason}); create a new one and load the weights again")]
    Lost {
        /// The driver's words.
        reason: String,
    },
    /// A buffer is larger than the device can bind.
    #[error(
        "a GPU buffer of {bytes} bytes does not fit: this device binds at most {limit} bytes at once; use a smaller batch or a smaller model"
    )]
    TooLarge {
        /// Bytes asked for.
        bytes: u64,
        /// The device's limit.
        limit: u64,
    },
    /// The device is out of memory.
    #[error("the GPU is out of memory: {0}; use a smaller batch")]
    OutOfMemory(String),
    /// The device cannot tell what a dispatch takes.
    #[error("the GPU '{adapter}' has no timestamps (`timestamp-query`), so nothing can be profiled on it")]
    NoTimestamps {
        /// The adapter's name.
        adapter: String,
    },
    /// The driver rejected a command or a shader: a bug in this library or in the driver.
    #[error("the GPU rejected a command: {0}")]
    Validation(String),
    /// A result could not be read back.
    #[error("reading a buffer back from the GPU failed: {0}")]
    Readback(String),
}

/// `Result` with this crate's [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;
