//! What an adapter is trained for: one file a task, and the table of them. The rest of the house knows a task by
//! [`TaskInfo`], its data by [`Examples`] and [`Task`], and what a batch should give by [`Targets`].

mod info;
pub mod intent_slot_classification;
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

use graftwork_model::HeadConfig;
use graftwork_tensor::{Device, Tape, Tensor, Var};
use graftwork_text::data::Text;
use graftwork_text::{Encoding, LongTexts, Tokenizer};

use crate::metrics::{Metrics, Said};
use crate::predict::Rows;
use crate::{Result, TrainConfig};

pub use info::{LongReading, TASKS, TaskInfo};
pub use intent_slot_classification::IntentSlotClassification;
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

/// A task's labelled data as a file has it.
pub trait Labelled: fmt::Debug {
    /// The names of the labels; of a task with several heads, those of the first.
    fn labels(&self) -> &[String];

    /// The names of each head's labels.
    fn label_sets(&self) -> Vec<&[String]> {
        vec![self.labels()]
    }

    /// Whether the labels look like the ids of rows: there are many, and most rows have one of their own.
    fn labels_look_like_ids(&self) -> bool {
        false
    }

    /// The text of an example, or two that belong together, where a teacher may have spoken of it.
    fn text(&self, _example: usize) -> Option<&Text> {
        None
    }

    /// Tokenises it.
    ///
    /// # Errors
    /// If it is empty, an example has no label, the maximal length is too small to hold anything, or the task cannot read long
    /// texts so.
    fn encode(&self, how: &Tokenizing<'_>) -> Result<Box<dyn Examples>>;

    /// Hands everything that decides what is learned to `add`, piece by piece: it tells runs apart.
    fn digest(&self, add: &mut dyn FnMut(&[u8]));
}

/// How data becomes token ids.
#[derive(Debug, Clone, Copy)]
pub struct Tokenizing<'a> {
    /// What messages call the data.
    pub what: &'static str,
    /// The backbone's.
    pub tokenizer: &'a Tokenizer,
    /// The tokens of a sequence at most.
    pub max_length: usize,
    /// What is read of a text that is longer.
    pub long_texts: LongTexts,
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
        TrainConfig { lr: self.info().lr, ..TrainConfig::for_examples(self.len()) }
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

    /// How many positions the loss of some examples is the mean of, where the data says it.
    fn positions(&self, examples: &[usize]) -> usize {
        examples.len()
    }

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
