//! `graftwork train`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use graftwork::{
    TaskInfo, Thresholds, intent_slot_classification, multi_label_classification, multiple_choice, question_answering,
    regression, text_classification, token_classification,
};

use super::{DataArgs, HeadArgs, MethodArgs, SettingArgs, TeacherArgs, values};

/// Options of `graftwork train`.
#[derive(Debug, Clone, Args)]
pub struct Train {
    /// The backbone: a directory, or an id in the cache
    #[arg(long, value_name = "DIR|ID")]
    pub backbone: String,
    /// The labelled data to learn from
    #[arg(long, value_name = "FILE")]
    pub train: PathBuf,
    /// The labelled data that decides which weights are kept [default: cross-validation, or a tenth of --train]
    #[arg(long, value_name = "FILE")]
    pub dev: Option<PathBuf>,
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
    /// The labels in their order, separated by commas; of several heads, those of the first [default: those of the training data, sorted]
    #[arg(long, value_name = "A,B,...", value_delimiter = ',', num_args = 1.., help_heading = "Data")]
    pub labels: Option<Vec<String>>,
    /// The tags in their order, separated by commas, where there are labels and tags (intent and slots) [default: those of the
    /// training data, sorted]
    #[arg(long, value_name = "A,B,...", value_delimiter = ',', num_args = 1.., help_heading = "Data")]
    pub tags: Option<Vec<String>>,
    /// Take labels that look like ids: as many as there are rows, almost
    #[arg(long, help_heading = "Data")]
    pub many_labels: bool,
    /// What is learned.
    #[command(flatten)]
    pub adapter: AdapterArgs,
    /// How it is learned.
    #[command(flatten)]
    pub run: RunArgs,
    /// From whom.
    #[command(flatten)]
    pub teacher: TeacherArgs,
}

/// What is learned.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Adapter")]
pub struct AdapterArgs {
    /// Keep this in the adapter: a label that is less probable is not sure, or, where a text may have several, is not given; of
    /// questions, above which probability of no answer there is none [default: where F1 is best on the dev data]
    #[arg(long, value_name = "P", value_parser = values::probability)]
    pub threshold: Option<f64>,
    /// Where a text may have several labels: choose on the dev data from which probability on they are given, and keep that in
    /// the adapter [default: 0.5 for all]
    #[arg(long, value_enum, value_name = "HOW", conflicts_with = "threshold")]
    pub choose_thresholds: Option<ThresholdChoice>,
    /// The task
    #[arg(long, value_enum, default_value_t)]
    pub task: Task,
    /// How the adapter changes the backbone.
    #[command(flatten)]
    pub method: MethodArgs,
    /// Name of the new adapter in its files, by which AdapterHub activates it
    #[arg(long, value_name = "NAME", default_value = "graftwork")]
    pub name: String,
    /// Start from this adapter and its head instead of new weights (an AdapterHub directory or a single file). If its head is
    /// for another task than --task, as that of `pretrain` is, the adapter alone is taken, and a new head
    #[arg(long, value_name = "PATH", conflicts_with = "name")]
    pub init: Option<PathBuf>,
    /// Give the adapter of --init a new head for the data's labels; --freeze-adapter then learns that alone
    #[arg(long, requires = "init")]
    pub new_head: bool,
    /// What else it learns.
    #[command(flatten)]
    pub heads: HeadArgs,
    /// Take --init even if it was trained on another backbone
    #[arg(long, requires = "init")]
    pub any_backbone: bool,
}

/// How it is learned.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Training")]
pub struct RunArgs {
    /// What is learned first, and how long: settings given here win over the recipe's
    #[arg(long, value_enum, default_value_t)]
    pub recipe: RecipeChoice,
    /// The settings of the training itself.
    #[command(flatten)]
    pub settings: SettingArgs,
    /// Write a checkpoint every so many steps, as well as before every evaluation on --dev
    #[arg(long, value_name = "STEPS", default_value = "200", value_parser = values::count)]
    pub checkpoint_every: usize,
}

/// How an adapter is learned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum RecipeChoice {
    /// `few-shot` for at most 1,000 examples or 50 a label without --dev, --init or a teacher, else `standard`
    #[default]
    Auto,
    /// The head is fitted first; then 80 steps of 16 texts at a rate of 1e-3 for an adapter in the upper layers, kept if
    /// cross-validation finds it better
    FewShot,
    /// Only the head is fitted: within a second
    Probe,
    /// Adapter and head together, from new weights
    Standard,
}

/// How thresholds are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ThresholdChoice {
    /// One for all labels, of the highest micro F1
    One,
    /// One for each label, of its highest F1
    PerLabel,
}

impl From<ThresholdChoice> for Thresholds {
    fn from(choice: ThresholdChoice) -> Self {
        match choice {
            ThresholdChoice::One => Self::One,
            ThresholdChoice::PerLabel => Self::PerLabel,
        }
    }
}

/// What an adapter is trained for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Task {
    /// One label for each text, or for two that belong together
    #[default]
    TextClassification,
    /// Any of several labels for each text, or none; `labels` is a list in .jsonl, in tables its labels are separated by commas
    MultiLabelClassification,
    /// A number for each text, or how similar two are: `score`
    Regression,
    /// A tag for each word: named entities, parts of speech; .jsonl with `tokens` and `tags`
    TokenClassification,
    /// The piece of a passage that answers a question; .jsonl with `question`, `context` and `answers`, which may be empty
    QuestionAnswering,
    /// Which of some texts fits best; .jsonl with `context`, `question` or both, `choices` and `label` (place or letter)
    MultipleChoice,
    /// What a sentence wants (its intent) and which of its words say more of that (slots), by two heads at once; .jsonl with
    /// `tokens`, `tags` and `intent`
    IntentSlotClassification,
}

impl Task {
    /// What the library knows about it.
    pub fn info(self) -> &'static TaskInfo {
        match self {
            Self::TextClassification => &text_classification::INFO,
            Self::MultiLabelClassification => &multi_label_classification::INFO,
            Self::Regression => &regression::INFO,
            Self::TokenClassification => &token_classification::INFO,
            Self::QuestionAnswering => &question_answering::INFO,
            Self::MultipleChoice => &multiple_choice::INFO,
            Self::IntentSlotClassification => &intent_slot_classification::INFO,
        }
    }
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
