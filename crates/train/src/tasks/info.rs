//! The table of tasks, and what a task's row of it says.

use graftwork_model::{AdapterFile, HeadConfig, HeadKind};
use graftwork_text::LongTexts;

#[cfg(not(target_family = "wasm"))]
use super::Labelled;
use super::{
    intent_slot_classification, masked_lm, multi_label_classification, multiple_choice, question_answering, regression,
    text_classification, token_classification,
};
use crate::{Error, Result};

/// Every task.
pub static TASKS: &[&TaskInfo] = &[
    &text_classification::INFO,
    &multi_label_classification::INFO,
    &regression::INFO,
    &token_classification::INFO,
    &question_answering::INFO,
    &multiple_choice::INFO,
    &masked_lm::INFO,
    &intent_slot_classification::INFO,
];

/// A task before it has data.
#[derive(Debug)]
pub struct TaskInfo {
    /// Its name in options and files, as Hugging Face has it.
    pub name: &'static str,
    /// The kind of its head; of several, of the first.
    pub head: HeadKind,
    /// Where it has several heads, which share a forward pass: their names, each with the task that it is for alone.
    pub heads: &'static [(&'static str, &'static TaskInfo)],
    /// A new head of that name for these labels.
    pub new_head: fn(&str, Vec<String>) -> HeadConfig,
    /// How many labels a new head needs at least: two to tell apart, one of several at once, none where the backbone brings them.
    pub fewest_labels: usize,
    /// The peak learning rate of a training where nobody chooses one: `tests/bench/defaults.md` has the measurements.
    pub lr: f64,
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

    /// The task that a kind of head is for alone.
    pub fn of_head(kind: HeadKind) -> Option<&'static Self> {
        TASKS.iter().copied().find(|info| info.head == kind && info.heads.is_empty())
    }

    /// The task that an adapter's heads are for together, if they are a task's, or else the one that its first head is for.
    pub fn of_adapter(file: &AdapterFile) -> Option<&'static Self> {
        let are_its = |info: &&Self| {
            let own = info.heads.iter().map(|(name, task)| (Some(*name), task.head));
            !info.heads.is_empty() && own.eq(file.heads().map(|head| (head.name(), head.kind)))
        };
        let together = TASKS.iter().copied().find(are_its);
        together.or_else(|| Self::of_head(file.head.as_ref()?.kind))
    }

    /// Whether each example has one label, and nothing else.
    pub fn has_one_label_each(&self) -> bool {
        self.head == HeadKind::Classification && self.heads.is_empty()
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
