//! The one error of this crate. Every message says what is wrong, where, and what to do about it.

/// What may go wrong with a model on a device.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A head over words is over those of another backbone.
    #[error(
        "the adapter's head is over another table of words than the backbone's ({words} words of width {width}, the backbone's \
         are {} of width {}): use the backbone that it was trained on",
        own.0, own.1
    )]
    OtherWords {
        /// V of the head.
        words: usize,
        /// E of the head.
        width: usize,
        /// Both of the backbone.
        own: (usize, usize),
    },
    /// A file, or what it says.
    #[error(transparent)]
    File(#[from] graftwork_formats::Error),
    /// A head stands on the pooler, but the backbone has none.
    #[error("the head of adapter `{adapter}` stands on the pooler, but the backbone's weights have none")]
    NoPooler {
        /// The adapter.
        adapter: String,
    },
    /// A batch does not fit the backbone.
    #[error("the batch does not fit the backbone: {problem}")]
    Batch {
        /// What is wrong.
        problem: String,
    },
    /// A batch does not fit the device.
    #[error(
        "a batch of {tokens} tokens is too large: one buffer of this device holds the states of at most {most} tokens of \
         this backbone; use smaller batches, of at most {most} tokens, or shorter texts"
    )]
    BatchTooLarge {
        /// Tokens in the batch.
        tokens: usize,
        /// Tokens that fit.
        most: usize,
    },
    /// A weight has no place in the type that it should be stored in.
    #[error("tensor `{tensor}` holds {value}, which {kind} cannot; load the backbone as f32")]
    OutOfRange {
        /// The tensor's canonical name.
        tensor: String,
        /// The number.
        value: f32,
        /// How matrices were to be stored.
        kind: graftwork_tensor::WeightType,
    },
    /// The device failed.
    #[error(transparent)]
    Device(#[from] graftwork_tensor::Error),
    /// An adapter on the device is used with a backbone that it was not attached to.
    #[error(
        "adapter `{adapter}` is attached to another backbone than the one it is used with; attach its file to this one"
    )]
    AttachedElsewhere {
        /// The adapter's name.
        adapter: String,
    },
}

/// The result of everything fallible on a device.
pub type Result<T, E = Error> = std::result::Result<T, E>;
impl Error {
    /// Whether the device had no room for what was asked: less of it may succeed.
    #[must_use]
    pub fn is_out_of_memory(&self) -> bool {
        match self {
            Self::BatchTooLarge { .. } => true,
            Self::Device(error) => error.is_out_of_memory(),
            _ => false,
        }
    }
}
