use std::path::PathBuf;

use thiserror::Error;

/// What can go wrong. Whatever part of graftwork found it, an error is in the variant that it belongs to: a file's is
/// always [`Error::File`], the device's always [`Error::Device`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A text has no mask to be filled.
    #[error(
        "text {index} (counted from 0) has no {mask}{}: write {mask} where a word is to be said",
        tokens.map_or_else(String::new, |tokens| format!(" within the first {tokens} tokens, after which it is cut"))
    )]
    Unmasked {
        /// Which text.
        index: usize,
        /// The token that stands for a hidden one.
        mask: String,
        /// After how many tokens it was cut, if it was.
        tokens: Option<usize>,
    },
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
    /// Examples were tokenised for another backbone.
    #[error(
        "the {what} data was tokenised by another backbone than the one it is used with; tokenise it with the \
         `examples` of this one"
    )]
    OtherExamples {
        /// Training, dev or test.
        what: &'static str,
    },
    /// The caller did not want the answer any more.
    #[error("cancelled")]
    Cancelled,
    /// Texts, tokenizers, data sets.
    #[error(transparent)]
    Text(#[from] graftwork_text::Error),
    /// Files of backbones and adapters.
    #[error(transparent)]
    File(#[from] graftwork_formats::Error),
    /// Models.
    #[error(transparent)]
    Model(graftwork_model::Error),
    /// Training and evaluation.
    #[error(transparent)]
    Train(graftwork_train::Error),
    /// The device.
    #[error(transparent)]
    Device(#[from] graftwork_tensor::Error),
}

/// `Result` with this crate's [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// There must be some labels: two to tell apart, one to say or not.
    pub(crate) fn too_few_labels(fewest: usize, found: usize) -> Self {
        let must = format!("be at least {fewest}; there are {found}");
        Self::Setting { setting: "the number of labels", must }
    }

    /// Whether the device had no room for what was asked: less of it may succeed.
    pub fn is_out_of_memory(&self) -> bool {
        match self {
            Self::Model(error) => error.is_out_of_memory(),
            Self::Device(error) => error.is_out_of_memory(),
            _ => false,
        }
    }
}

impl From<graftwork_model::Error> for Error {
    fn from(error: graftwork_model::Error) -> Self {
        match error {
            graftwork_model::Error::File(error) => Self::File(error),
            graftwork_model::Error::Device(error) => Self::Device(error),
            error => Self::Model(error),
        }
    }
}

impl From<graftwork_train::Error> for Error {
    fn from(error: graftwork_train::Error) -> Self {
        match error {
            graftwork_train::Error::Model(error) => error.into(),
            graftwork_train::Error::File(error) => Self::File(error),
            graftwork_train::Error::Text(error) => Self::Text(error),
            graftwork_train::Error::Device(error) => Self::Device(error),
            graftwork_train::Error::Setting { setting, must } => Self::Setting { setting, must: must.to_owned() },
            error => Self::Train(error),
        }
    }
}
