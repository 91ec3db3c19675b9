//! The text side of graftwork: from raw text to packed batches of token ids.
//!
//! The way of the data: [`data::Dataset`] (rows of a `.tsv`, `.csv`, `.jsonl` or `.txt` file, gzip or not) →
//! [`Tokenizer::encode`] (text → [`Encoding`]) → [`plan`] (which sequences share a batch) →
//! [`PackedBatch::pack`] (token ids end to end, without padding).
//!
//! Nothing here needs a file system: every entry point that takes a path has a sibling that takes bytes, which is the
//! one that WebAssembly uses.

mod batch;
mod batches;
pub mod data;
mod error;
mod offsets;
mod order;
mod shuffle;
mod tokenizer;
mod unicode;

pub use batch::PackedBatch;
pub use batches::{BatchSize, by_length, count_batches, plan};
pub use data::{
    AsText, ChoiceDataset, Choices, Corpus, Dataset, Example, Format, Input, IntentDataset, LabelledText,
    MultiLabelDataset, Question, QuestionDataset, ReadOptions, ScoredDataset, ScoredText, Sentence, TaggedDataset,
    Text,
};
pub use error::{Error, Result, RowError, RowErrors};
pub use offsets::CodePoints;
pub use order::order;
pub use shuffle::{Draws, shuffled};
pub use tokenizer::{Coverage, Encoding, Extent, LongTexts, Masked, Origin, SpecialTokens, Tokenizer, VocabOptions};
