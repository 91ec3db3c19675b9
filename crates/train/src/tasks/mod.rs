//! What an adapter is trained for: one file a task, and the table of them. The rest of the house knows a task by
//! [`TaskInfo`], its data by [`Examples`] and [`Task`], and what a batch should give by [`Targets`].

mod labels;
mod marked_texts;
pub mod masked_lm;
pub mod multi_label_classification;
pub mod multiple_choice;
mod numbers;
pub mod question_answering;
pub mod regression;
mod segments;
pub mod spans;
pub mod text_classification;
mod texts;
pub mod token_classification;

use std::borrow::Cow;
use std::fmt;

use graftwork_model::{HeadConfig, HeadKind};
use graftwork_tensor::{Device, Tape, Tensor, Var};
use graftwork_text::data::Text;
use graftwork_text::{Encoding, LongTexts, Tokenizer};

use crate::metrics::{Metrics, Said};
use crate::predict::Rows;
use crate::{Error, Result, TrainConfig};

pub use labels::LabelTargets;
pub(crate) use labels::cross_entropy_of;
pub use marked_texts::{MarkedText, MarkedTexts};
pub use masked_lm::{Draw, MaskedLm, Masking};
pub use multi_label_classification::{LabelSet, MultiLabelClassification, Thresholds};
pub use multiple_choice::{Choice, MultipleChoice};
pub use numbers::{ElementLoss, NumberTargets};
pub use question_answering::{Answering, QuestionAnswering};
pub use regression::{Regression, Scored};
pub use segments::SegmentTargets;
pub use spans::{AnswerSpan, SpanOptions};
pub use text_classification::{Classification, Reading, TextClassification};
pub use token_classification::{TaggedEntity, TaggedWord, Tagging, TokenClassification};

/// Every task.
pub static TASKS: &[&TaskInfo] = &[
    &text_classification::INFO,
    &multi_label_classification::INFO,
    &regression::INFO,
    &token_classification::INFO,
    &question_answering::INFO,
    &multiple_choice::INFO,
    &masked_lm::INFO,
];

/// A task before it has data.
#[derive(Debug)]
pub struct TaskInfo {
    /// Its name in options and files, as Hugging Face has it.
    pub name: &'static str,
    /// The kind of its heads.
    pub head: HeadKind,
    /// A new head of that name for these labels.
    pub new_head: fn(&str, Vec<String>) -> HeadConfig,
    /// How many labels a new head needs at least: two to tell apart, one of several at once, none where the backbone brings them.
    pub fewest_labels: usize,
    /// What of a text that is longer than the limit may be read.
    pub reads: LongReading,
    /// Reads a file of labelled data. Not in a browser, which has no files by path and need not download their readers.
    #[cfg(not(target_family = "wasm"))]
    pub read: fn(&std::path::Path, &graftwork_text::ReadOptions) -> graftwork_text::Result<Box<dyn Labelled>>,
}

/// What of longer texts a task may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LongReading {
    /// First tokens, ends or windows, as is chosen: what windows give is averaged.
    IfChosen,
    /// First tokens alone: what is found stands in the text.
    First,
    /// Windows, whatever is chosen.
    Windows,
}

impl TaskInfo {
    /// The task of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TASKS.iter().copied().find(|info| info.name == name)
    }

    /// The task that a kind of head is for.
    pub fn of_head(kind: HeadKind) -> Option<&'static Self> {
        TASKS.iter().copied().find(|info| info.head == kind)
    }

    /// Whether longer texts may be read in windows, where that is chosen.
    pub fn takes_windows(&self) -> bool {
        self.reads == LongReading::IfChosen
    }

    /// Whether a head is for this task.
    ///
    /// # Errors
    /// If it is for another one.
    pub fn check(&self, head: &HeadConfig) -> Result<()> {
        if head.kind == self.head {
            return Ok(());
        }
        let head = Self::of_head(head.kind).map_or(head.kind.info().head_type, |info| info.name);
        Err(Error::OtherTask { head, wanted: self.name })
    }

    /// Whether longer texts are read in windows where this is chosen.
    pub fn reads_windows(&self, long_texts: LongTexts) -> bool {
        long_texts == LongTexts::Windows || self.reads == LongReading::Windows
    }

    /// Whether texts that are longer than the limit can be read so for this task.
    ///
    /// # Errors
    /// If they can't: where what is found stands in the text, as tags do, nothing can be averaged.
    pub fn check_long_texts(&self, long_texts: LongTexts) -> Result<()> {
        if self.takes_windows() || long_texts == LongTexts::First {
            return Ok(());
        }
        let must = format!("be `first` for {}; split longer texts", self.name);
        Err(Error::Setting { setting: "long_texts", must })
    }
}

/// A task's labelled data as a file has it.
pub trait Labelled: fmt::Debug {
    /// The names of the labels.
    fn labels(&self) -> &[String];

    /// Whether the labels look like the ids of rows: there are many, and most rows have one of their own.
    fn labels_look_like_ids(&self) -> bool {
        false
    }

    /// The text of an example, or two that belong together, where a teacher may have spoken of it.
    fn text(&self, _example: usize) -> Option<&Text> {
        None
    }

    /// Tokenises it, each sequence of at most `max_length` tokens; `what` names it in messages.
    ///
    /// # Errors
    /// If it is empty, an example has no label, `max_length` is too small to hold anything, or the task cannot read long
    /// texts so.
    fn encode(
        &self,
        what: &'static str,
        tokenizer: &Tokenizer,
        max_length: usize,
        long_texts: LongTexts,
    ) -> Result<Box<dyn Examples>>;

    /// Hands everything that decides what is learned to `add`, piece by piece: it tells runs apart.
    fn digest(&self, add: &mut dyn FnMut(&[u8]));
}

/// A task's labelled examples as token ids, whatever head they will meet.
#[expect(clippy::len_without_is_empty, reason = "there is always an example")]
pub trait Examples: fmt::Debug + Send + Sync {
    /// Which task they are of.
    fn info(&self) -> &'static TaskInfo;

    /// How many there are, at least 1.
    fn len(&self) -> usize;

    /// The sequences of an example, which share a batch: at least one.
    fn sequences(&self, example: usize) -> &[Encoding];

    /// The sequences of an example as a step of training sees them, or a measurement: for tasks that draw something anew in
    /// every epoch. As many tokens as [`Examples::sequences`] has.
    fn drawn(&self, example: usize, _draw: &Draw) -> Cow<'_, [Encoding]> {
        self.sequences(example).into()
    }

    /// The label of each example, as the data counts them, where it has a single one.
    fn truth(&self) -> Option<Vec<usize>> {
        None
    }

    /// Whether the sequences are the same in every epoch, so that what frozen layers make of them may be kept.
    fn stay(&self) -> bool {
        true
    }

    /// Some of them, as examples of their own that messages call `what`.
    fn subset(&self, what: &'static str, chosen: &[usize]) -> Box<dyn Examples>;

    /// The examples with their truth as a head counts it.
    ///
    /// # Errors
    /// If the head is of another task, or does not know a label of the data.
    fn for_head(&self, head: &HeadConfig) -> Result<Box<dyn Task + '_>>;

    /// The settings of a training on them where nobody chooses.
    fn settings(&self) -> TrainConfig {
        TrainConfig::for_examples(self.len())
    }

    /// What of the data is not used, in a sentence.
    fn note(&self) -> Option<String> {
        None
    }
}

/// Examples that have met a head: what a trainer learns from and an evaluation measures on.
pub trait Task: Send + Sync {
    /// Uploads what some examples should give. Called before a step is recorded.
    fn targets(&self, device: &Device, examples: &[usize]) -> Box<dyn Targets>;

    /// Compares the head's output for an example with its truth.
    fn judge(&self, example: usize, output: Rows<'_>) -> Judged;

    /// The label of each example, where it has a single one.
    fn truth(&self) -> Option<Vec<usize>> {
        None
    }

    /// Measures at these thresholds, as [`Metadata`](graftwork_model::Metadata) has them, where labels are given by their
    /// probabilities.
    fn set_thresholds(&mut self, _thresholds: &[f64]) {}

    /// What the answers to all examples are worth.
    fn metrics(&self, answers: &[Answer]) -> Metrics;

    /// The thresholds at which they would be worth most; none where nothing is decided by any.
    fn choose_thresholds(&self, _answers: &[Answer], _choice: Thresholds) -> Vec<f64> {
        Vec::new()
    }
}

/// What the examples of a batch should give, on the device.
pub trait Targets {
    /// Records the loss of the head's output.
    ///
    /// # Errors
    /// If the output is not what the targets are for.
    fn loss(&self, tape: &mut Tape, output: &Var) -> Result<Loss>;
}

/// A recorded loss.
#[derive(Debug)]
pub struct Loss {
    /// Where backward begins.
    pub root: Var,
    /// The derivative of the loss by `root`.
    pub gradient: Tensor,
    /// Numbers whose sum is the loss of the batch.
    pub shares: Tensor,
}

/// What a head says about an example.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// One label.
    Label(usize),
    /// A label for each word that has one in the truth.
    Tags(Vec<usize>),
    /// For masked tokens: how many were said right.
    Masked {
        /// Right ones.
        right: usize,
        /// All.
        of: usize,
        /// The sum of their losses.
        loss: f64,
    },
    /// The probability of each label, or the number that was asked for.
    Scores(Vec<f32>),
    /// A text.
    Said(Said),
}

impl Answer {
    /// The labels that were given: one, or one a word; none where there are scores or a text.
    pub fn labels(&self) -> &[usize] {
        match self {
            Self::Label(label) => std::slice::from_ref(label),
            Self::Tags(tags) => tags,
            Self::Scores(_) | Self::Said(_) | Self::Masked { .. } => &[],
        }
    }

    /// The scores that were given.
    pub fn scores(&self) -> &[f32] {
        match self {
            Self::Scores(scores) => scores,
            Self::Label(_) | Self::Tags(_) | Self::Said(_) | Self::Masked { .. } => &[],
        }
    }
}

/// An answer beside the truth.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The answer.
    pub answer: Answer,
    /// The sum of the losses at all positions.
    pub loss: f64,
    /// How many positions were judged.
    pub positions: usize,
}
