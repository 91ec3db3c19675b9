//! `graftwork train`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use graftwork::{TaskInfo, text_classification, token_classification};

use super::{DataArgs, MethodArgs, values};

/// Options of `graftwork train`.
#[derive(Debug, Args)]
pub struct Train {
    /// The backbone: a directory, or an id in the cache
    #[arg(long, value_name = "DIR|ID")]
    pub backbone: String,
    /// The labelled data to learn from
    #[arg(long, value_name = "FILE")]
    pub train: PathBuf,
    /// The labelled data that decides which weights are kept
    #[arg(long, value_name = "FILE")]
    pub dev: PathBuf,
    /// Labelled data to measure the kept weights on at the end
    #[arg(long, value_name = "FILE")]
    pub test: Option<PathBuf>,
    /// The directory that gets the adapter, its head, and checkpoints while it trains
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Write each step's loss and learning rate to this file, one JSON line a step
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Go on from the checkpoint in --out, if there is one; the other options must be the same
    #[arg(long)]
    pub resume: bool,
    /// How the data is read.
    #[command(flatten)]
    pub read: DataArgs,
    /// The labels in their order, separated by commas [default: those of the training data, sorted]
    #[arg(long, value_name = "A,B,...", value_delimiter = ',', num_args = 1.., help_heading = "Data")]
    pub labels: Option<Vec<String>>,
    /// Take labels that look like ids: as many as there are rows, almost
    #[arg(long, help_heading = "Data")]
    pub many_labels: bool,
    /// Cut texts to this many tokens, special tokens included [default: the backbone's maximum]
    #[arg(long, value_name = "TOKENS", value_parser = values::max_length, help_heading = "Data")]
    pub max_length: Option<usize>,
    /// What is learned.
    #[command(flatten)]
    pub adapter: AdapterArgs,
    /// How it is learned.
    #[command(flatten)]
    pub run: RunArgs,
}

/// What is learned.
#[derive(Debug, Args)]
#[command(next_help_heading = "Adapter")]
pub struct AdapterArgs {
    /// The task
    #[arg(long, value_enum, default_value_t)]
    pub task: Task,
    /// How the adapter changes the backbone.
    #[command(flatten)]
    pub method: MethodArgs,
    /// Name of the new adapter in its files, by which AdapterHub activates it
    #[arg(long, value_name = "NAME", default_value = "graftwork")]
    pub name: String,
    /// Start from this adapter and its head instead of new weights (an AdapterHub directory or a single file)
    #[arg(long, value_name = "PATH", conflicts_with = "name")]
    pub init: Option<PathBuf>,
    /// Take --init even if it was trained on another backbone
    #[arg(long, requires = "init")]
    pub any_backbone: bool,
}

/// How it is learned.
#[derive(Debug, Args)]
#[command(next_help_heading = "Training")]
pub struct RunArgs {
    /// How often to go through the training data
    #[arg(long, value_name = "N", default_value = "3", value_parser = values::count)]
    pub epochs: usize,
    /// Stop after this many steps, if that is sooner
    #[arg(long, value_name = "N", value_parser = values::count)]
    pub max_steps: Option<usize>,
    /// Peak learning rate
    #[arg(long, value_name = "X", default_value = "5e-4", value_parser = values::not_negative)]
    pub lr: f64,
    /// How the learning rate goes on after the warm-up: down to zero, or not
    #[arg(long, value_enum, default_value_t)]
    pub schedule: ScheduleName,
    /// Part of all steps over which the learning rate rises from zero
    #[arg(long, value_name = "X", default_value = "0.1", value_parser = values::fraction)]
    pub warmup_ratio: f64,
    /// Decoupled weight decay (AdamW)
    #[arg(long, value_name = "X", default_value = "0.01", value_parser = values::not_negative)]
    pub weight_decay: f64,
    /// Largest norm of all gradients together, or `none`
    #[arg(long, value_name = "X|none", default_value = "1", value_parser = values::clip)]
    pub clip: values::Clip,
    /// Texts in a batch [default: 32]
    #[arg(long, value_name = "N", value_parser = values::count, conflicts_with = "batch_tokens")]
    pub batch_size: Option<usize>,
    /// Tokens in a batch, as many texts as fit
    #[arg(long, value_name = "N", value_parser = values::count)]
    pub batch_tokens: Option<usize>,
    /// Dropout probability in hidden states and before the head
    #[arg(long, value_name = "X", default_value = "0", value_parser = values::probability)]
    pub dropout: f64,
    /// Take the training data in its order, in every epoch
    #[arg(long)]
    pub no_shuffle: bool,
    /// Decides new weights, the order of the data, and dropout
    #[arg(long, value_name = "N", default_value = "42")]
    pub seed: u64,
    /// Measure on --dev every so many steps, as well as after every epoch
    #[arg(long, value_name = "STEPS", value_parser = values::count)]
    pub eval_every: Option<usize>,
    /// Stop after this many measurements on --dev without a better one
    #[arg(long, value_name = "N", value_parser = values::count)]
    pub patience: Option<usize>,
    /// Keep the last weights instead of those that were best on --dev
    #[arg(long)]
    pub keep_last: bool,
    /// Write a checkpoint every so many steps, as well as before every measurement on --dev
    #[arg(long, value_name = "STEPS", default_value = "200", value_parser = values::count)]
    pub checkpoint_every: usize,
}

/// What an adapter is trained for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Task {
    /// One label for each text
    #[default]
    TextClassification,
    /// A tag for each word: named entities, parts of speech; .jsonl with `tokens` and `tags`
    TokenClassification,
}

impl Task {
    /// What the library knows about it.
    pub fn info(self) -> &'static TaskInfo {
        match self {
            Self::TextClassification => &text_classification::INFO,
            Self::TokenClassification => &token_classification::INFO,
        }
    }
}

/// How the learning rate goes on after the warm-up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ScheduleName {
    /// Falls to zero at the last step
    #[default]
    Linear,
    /// Stays
    Constant,
}

/// The format of a data file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InputFormat {
    /// Tabs, with a header; no quotes, no escapes
    Tsv,
    /// Commas, with a header; quotes
    Csv,
    /// One JSON object a line
    Jsonl,
    /// One text a line
    Txt,
}
