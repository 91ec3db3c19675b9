//! The commands that use what is trained.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use graftwork::LongTexts;

use super::{AskedArgs, DataArgs, TextArgs};

/// Options of `graftwork eval`.
#[derive(Debug, Args)]
pub struct Eval {
    /// The backbone: a directory, or an id in the cache
    #[arg(long, value_name = "DIR|ID")]
    pub backbone: String,
    /// The adapter, with its head
    #[arg(long, value_name = "PATH")]
    pub adapter: PathBuf,
    /// Of an adapter with several heads, the one to use, as if it had no other [default: the first, or those of a task that has
    /// several, such as intent and slots]
    #[arg(long, value_name = "HEAD")]
    pub head: Option<String>,
    /// The labelled data
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// Cut texts to this many tokens, special tokens included [default: what the adapter was trained with, or else
    /// the backbone's maximum]
    #[arg(long, value_name = "TOKENS", value_parser = super::values::max_length)]
    pub max_length: Option<usize>,
    /// What is read of a longer text [default: what the adapter was trained with, or else first]
    #[arg(long, value_name = "LONG_TEXTS", value_parser = super::values::long_texts())]
    pub long_texts: Option<LongTexts>,
    /// How the data is read.
    #[command(flatten)]
    pub read: DataArgs,
    /// Use an adapter that was trained on another backbone
    #[arg(long)]
    pub any_backbone: bool,
}

/// Options of `graftwork predict`.
///
/// What each line has depends on the adapter's head. Classification: `text`, `label` (the best), `scores` (a
/// probability for each label), `logits` (in the order of the labels), where the adapter knows what is familiar
/// `distance`, and where there is a threshold `sure`. Several labels a text: `text`, `labels` (those that are probable enough,
/// the most probable first), `scores` and `logits`. Regression: `text`, `score`. Of pairs, `text_pair` is the second text. Token classification: `text`, `words` with their tags and, where tags
/// mark them, `entities`. Intent and slots: what classification has of the `intent`, with `slots` and `words`. Question answering: `question`, `answer` with `start`, `end` and `score` (null without answer), where
/// there may be none `no_answer` (its probability), and with --top-k `answers`. Multiple choice: `choice`, its `index` (from 0),
/// `scores` and `logits`. Fill-mask, of texts with the tokenizer's mask, such as [MASK]: `text` and for each of its `masks` the
/// most probable `fills` as Hugging Face's pipeline has them (`score`, `token`, `token_str`, `sequence`). `start` and `end` count
/// Unicode code points. `warnings` are there where an answer should be taken
/// with care: the text is longer than what was read of it (`truncated`), in a language or script that the backbone's
/// vocabulary hardly knows (`uncovered`), unlike what was learned (`unfamiliar`), or the answer is less sure than the
/// threshold asks (`unsure`).
#[derive(Debug, Args)]
pub struct Predict {
    /// The backbone: a directory, or an id in the cache
    #[arg(long, value_name = "DIR|ID")]
    pub backbone: String,
    /// The adapter, with its head [default: none, where the backbone's own files have a head for words: it fills masks]
    #[arg(long, value_name = "PATH")]
    pub adapter: Option<PathBuf>,
    /// Of an adapter with several heads, the one to use, as if it had no other [default: the first, or those of a task that has
    /// several, such as intent and slots]
    #[arg(long, value_name = "HEAD", requires = "adapter")]
    pub head: Option<String>,
    /// Which texts.
    #[command(flatten)]
    pub texts: TextArgs,
    /// Call a label that is less probable than this not sure [default: what is kept in the adapter, or else none]; where a text
    /// may have several labels, give those that are at least so probable [default: what is kept in the adapter, or else 0.5];
    /// of a question, give no answer where none is more probable than this beside the best [default: what is kept in the
    /// adapter, or else there is always one]
    #[arg(long, value_name = "P", value_parser = super::values::probability)]
    pub threshold: Option<f64>,
    /// Give the probabilities of this many labels only, the most probable first; of a question, so many answers; of masks, so
    /// many words [default: all labels, 1 answer, 5 words]
    #[arg(long, value_name = "N", value_parser = super::values::count)]
    pub top_k: Option<usize>,
    /// The most tokens of an answer (question answering) [default: 30]
    #[arg(long, value_name = "TOKENS", value_parser = super::values::count)]
    pub max_answer_length: Option<usize>,
    /// Where questions and choices stand.
    #[command(flatten)]
    pub asked: AskedArgs,
    /// Use an adapter that was trained on another backbone
    #[arg(long)]
    pub any_backbone: bool,
}

/// Options of `graftwork embed`.
#[derive(Debug, Args)]
pub struct Embed {
    /// The backbone: a directory, or an id in the cache
    #[arg(long, value_name = "DIR|ID")]
    pub backbone: String,
    /// An adapter; its head is not used
    #[arg(long, value_name = "PATH")]
    pub adapter: Option<PathBuf>,
    /// Which texts.
    #[command(flatten)]
    pub texts: TextArgs,
    /// What becomes of the token vectors
    #[arg(long, value_enum, default_value_t)]
    pub pooling: Pooling,
    /// Scale every vector to length 1
    #[arg(long)]
    pub normalize: bool,
    /// Take pairs of texts, and give the cosine of their vectors as `similarity` in the place of these
    #[arg(long, conflicts_with_all = ["pooling", "normalize"])]
    pub similarity: bool,
    /// Use an adapter that was trained on another backbone
    #[arg(long)]
    pub any_backbone: bool,
}

/// How the vectors of a text's tokens become its embedding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Pooling {
    /// Their mean, special tokens included
    #[default]
    Mean,
    /// That of the first token, [CLS]
    Cls,
    /// That of [CLS] through the backbone's pooler: a dense layer and tanh
    Pooler,
    /// All of them: the embedding is a list of vectors, one for each token
    None,
}

/// Options of `graftwork merge`.
///
/// The copy answers without the adapter as the backbone does with it. The adapter's head is beside it, as an adapter of
/// its own in the folder `head`.
#[derive(Debug, Args)]
pub struct Merge {
    /// The backbone: a directory, or an id in the cache
    #[arg(long, value_name = "DIR|ID")]
    pub backbone: String,
    /// The adapter, whose method changes matrices of the backbone (lora)
    #[arg(long, value_name = "PATH")]
    pub adapter: PathBuf,
    /// The new directory that gets the copy
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Merge an adapter that was trained on another backbone
    #[arg(long)]
    pub any_backbone: bool,
}

/// Options of `graftwork quantize`.
///
/// Answers change a little, and the speed on a processor much; the copy takes the adapters of the backbone that it was made of, and
/// new ones can be trained on it. `--dtype q8` does the same while a backbone is loaded. The head of a masked language model does not come along.
#[derive(Debug, Args)]
pub struct Quantize {
    /// The backbone: a directory, or an id in the cache
    #[arg(long, value_name = "DIR|ID")]
    pub backbone: String,
    /// The new directory that gets the copy
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Options of `graftwork inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// A backbone directory, an adapter directory, a single adapter file, or the id of a cached backbone
    #[arg(value_name = "PATH|ID")]
    pub path: String,
}
