//! Labelled data as token ids.

use std::sync::Arc;

use graftwork_formats::Fingerprint;
use graftwork_text::{Encoding, shuffled};
use graftwork_train::probe::by_label;
use graftwork_train::tasks::{Labelled, TaskInfo, Tokenizing};
use graftwork_train::{Teacher, TrainConfig};

use crate::{Backbone, Error, Result, Survey, TextLimit};

/// A task's labelled data, tokenised for a backbone: what an adapter is trained and evaluated on.
#[derive(Debug)]
pub struct Examples {
    what: &'static str,
    data: Box<dyn graftwork_train::Examples>,
    /// Of each head of the task.
    labels: Vec<Vec<String>>,
    max_length: usize,
    limit: TextLimit,
    backbone: Fingerprint,
    teacher: Option<Arc<Teacher>>,
}

#[expect(clippy::len_without_is_empty, reason = "there is always an example")]
impl Examples {
    /// How many there are, at least 1.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// What messages call them: `training`, say.
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// Which task they are of.
    pub fn task(&self) -> &'static TaskInfo {
        self.data.info()
    }

    /// The names of the data's labels; of a task with several heads, those of the first.
    pub fn labels(&self) -> &[String] {
        &self.labels[0]
    }

    /// The same of each head of the task.
    pub fn label_sets(&self) -> &[Vec<String>] {
        &self.labels
    }

    /// The most tokens of a sequence.
    pub fn max_length(&self) -> usize {
        self.max_length
    }

    /// How much of each text is read.
    pub fn limit(&self) -> TextLimit {
        self.limit
    }

    /// How many of them are not read whole, or hardly understood.
    pub fn survey(&self) -> Survey {
        Survey::of((0..self.len()).map(|example| self.data.sequences(example)), self.max_length)
    }

    /// How many tokens are read of all of them together.
    pub fn tokens(&self) -> usize {
        (0..self.len()).flat_map(|example| self.data.sequences(example)).map(Encoding::len).sum()
    }

    /// Whether there are pairs of texts among them.
    pub fn has_pairs(&self) -> bool {
        (0..self.len()).flat_map(|example| self.data.sequences(example)).any(Encoding::is_pair)
    }

    /// Whether each example has one label.
    pub fn has_one_label_each(&self) -> bool {
        self.task().has_one_label_each()
    }

    /// Takes a share of the examples out, drawn from a seed, of every label its share where each example has one: those that
    /// stay, and those that were taken, which messages call `what`. `None` if one of both would be empty.
    pub fn hold_out(&self, share: f64, seed: u64, what: &'static str) -> Option<(Self, Self)> {
        let groups = self.data.truth().map_or_else(|| vec![(0..self.len()).collect()], |labels| by_label(&labels));
        let mut is_held = vec![false; self.len()];
        for (members, salt) in groups.iter().zip(0..) {
            let count = (members.len() as f64 * share).round() as usize;
            let taken = &shuffled(members.len(), seed, salt)[..count];
            taken.iter().for_each(|place| is_held[members[*place]] = true);
        }
        let (held, kept): (Vec<_>, Vec<_>) = (0..self.len()).partition(|example| is_held[*example]);
        let part = |what, chosen: &[usize]| Self {
            what,
            data: self.data.subset(what, chosen),
            labels: self.labels.clone(),
            teacher: self.teacher.as_ref().map(|teacher| Arc::new(teacher.subset(chosen))),
            ..*self
        };
        (!held.is_empty() && !kept.is_empty()).then(|| (part(self.what, &kept), part(what, &held)))
    }

    /// The settings of a training on them where nobody chooses.
    pub(crate) fn settings(&self) -> TrainConfig {
        self.data.settings()
    }

    /// The same examples, with what a teacher says about each in their order: training then follows both the labels and the
    /// teacher.
    ///
    /// # Errors
    /// If it speaks of more or fewer examples.
    pub fn taught_by(mut self, teacher: Teacher) -> Result<Self> {
        if teacher.count() != self.len() {
            let problem = format!("they are for {} examples, and there are {}", teacher.count(), self.len());
            return Err(graftwork_train::Error::Teacher { problem }.into());
        }
        self.teacher = Some(Arc::new(teacher));
        Ok(self)
    }

    /// What a teacher says about them.
    pub fn teacher(&self) -> Option<&Arc<Teacher>> {
        self.teacher.as_ref()
    }

    /// What of the data is not used, in a sentence.
    pub fn note(&self) -> Option<String> {
        self.data.note()
    }

    /// The token ids, for a backbone of the same weights.
    pub(crate) fn for_backbone(&self, backbone: &Backbone) -> Result<&dyn graftwork_train::Examples> {
        if self.backbone != backbone.fingerprint() {
            return Err(Error::OtherExamples { what: self.what });
        }
        Ok(self.data.as_ref())
    }
}

impl Backbone {
    /// Tokenises a data set of any task; `what` names it in messages. `limit` says how much of each text is read: a number
    /// of tokens (default and most: what the backbone takes), or a [`TextLimit`]. Training and evaluation match its labels
    /// with those of the head by name.
    ///
    /// # Errors
    /// If it is empty, an example has no label, the limit is too small or more than the backbone takes, or longer texts
    /// cannot be read so for the task.
    pub fn examples(&self, what: &'static str, data: &dyn Labelled, limit: impl Into<TextLimit>) -> Result<Examples> {
        let limit = limit.into();
        let max_length = self.max_length(limit.max_length)?;
        let labels = data.label_sets().into_iter().map(<[String]>::to_vec).collect();
        let how = Tokenizing { what, tokenizer: self.tokenizer(), max_length, long_texts: limit.long_texts };
        let data = data.encode(&how)?;
        Ok(Examples { what, data, labels, max_length, limit, backbone: self.fingerprint(), teacher: None })
    }
}
