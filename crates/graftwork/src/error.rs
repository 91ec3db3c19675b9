use std::path::PathBuf;

use thiserror::Error;

/// What can go wrong.
#[derive(Debug, Error)]
pub enum Error {
    /// A backbone is neither a directory nor in the cache.
    #[error(
        "no backbone `{id}`: it is neither a directory nor in the cache at {cached}. Download config.json, model.safetensors \
         and tokenizer.json from https://huggingface.co/{id} into that folder (for all-MiniLM-L6-v2, `cargo xtask model` in \
         graftwork's repository does it), or give a directory that has them"
    )]
    NoBackbone {
        /// What was asked for.
        id: String,
        /// Where it would be.
        cached: PathBuf,
    },
    /// There is no home folder.
    #[error("no home folder is known: set GRAFTWORK_CACHE to a folder for models")]
    NoCache,
    /// A setting is out of its range.
    #[error("{setting} must {must}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What it must be.
        must: String,
    },
    /// Texts, tokenizers, data sets.
    #[error(transparent)]
    Text(#[from] graftwork_text::Error),
    /// Files of backbones and adapters.
    #[error(transparent)]
    File(#[from] graftwork_formats::Error),
    /// Models.
    #[error(transparent)]
    Model(#[from] graftwork_model::Error),
    /// Training and evaluation.
    #[error(transparent)]
    Train(#[from] graftwork_train::Error),
    /// The device.
    #[error(transparent)]
    Device(#[from] graftwork_tensor::Error),
}

/// `Result` with this crate's [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;
