//! Labelled data as token ids, and what is new to learn it.

use std::sync::Arc;

use graftwork_formats::Fingerprint;
use graftwork_model::{AdapterConfig, AdapterFile, HeadConfig, HeadKind, Metadata};
use graftwork_text::{Encoding, shuffled};
use graftwork_train::probe::by_label;
use graftwork_train::tasks::{Labelled, TaskInfo};
use graftwork_train::{Teacher, TrainConfig};

use crate::{Backbone, Error, Recipe, Result, Survey, TextLimit};

/// A task's labelled data, tokenised for a backbone: what an adapter is trained and evaluated on.
#[derive(Debug)]
pub struct Examples {
    what: &'static str,
    data: Box<dyn graftwork_train::Examples>,
    labels: Vec<String>,
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

    /// The names of the data's labels.
    pub fn labels(&self) -> &[String] {
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
        self.task().head == HeadKind::Classification
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

/// What a new adapter is to be. The defaults are those of the program: `double_seq_bn` of reduction factor 16, seed 42.
#[derive(Debug, Clone)]
pub struct NewAdapter {
    task: &'static TaskInfo,
    labels: Vec<String>,
    name: String,
    method: AdapterConfig,
    recipe: Recipe,
    seed: u64,
    on: Option<AdapterFile>,
}

impl NewAdapter {
    /// For a task and its labels, in the order of the logits.
    ///
    /// # Panics
    /// Never: the default method is one of the table.
    pub fn new(task: &'static TaskInfo, labels: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let method = AdapterConfig::preset("double_seq_bn").expect("a method of the table");
        let labels = labels.into_iter().map(Into::into).collect();
        Self { task, labels, name: "adapter".to_owned(), method, recipe: Recipe::Standard, seed: 42, on: None }
    }

    /// Its name, which is part of its tensors' names in files. Default `adapter`.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// How it changes the backbone: a [preset](AdapterConfig::preset), perhaps [changed](AdapterConfig::with).
    #[must_use]
    pub fn method(mut self, method: AdapterConfig) -> Self {
        self.method = method;
        self
    }

    /// By which recipe it will be trained: that decides its head, where it stands, and how it begins. Default
    /// [`Recipe::Standard`].
    #[must_use]
    pub fn recipe(mut self, recipe: Recipe) -> Self {
        self.recipe = recipe;
        self
    }

    /// The modules that it begins with instead of new ones, with their name and method; of it everything but the head is taken,
    /// so it may have learned another task, or a language. Default none.
    #[must_use]
    pub fn on(mut self, file: AdapterFile) -> Self {
        (self.name, self.method, self.on) = (file.name.clone(), file.config.clone(), Some(file));
        self
    }

    /// Decides its first weights. Default 42.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

/// For the task and the labels of these examples.
impl From<&Examples> for NewAdapter {
    fn from(examples: &Examples) -> Self {
        Self::new(examples.task(), examples.labels())
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
        let labels = data.labels().to_vec();
        let data = data.encode(what, self.tokenizer(), max_length, limit.long_texts)?;
        Ok(Examples { what, data, labels, max_length, limit, backbone: self.fingerprint(), teacher: None })
    }

    /// A new adapter with AdapterHub's default head, or for masked words the backbone's own if its files have one, drawn from a seed and ready to be trained: for the task and the labels
    /// of examples, or as a [`NewAdapter`] says.
    ///
    /// # Errors
    /// If there are fewer labels than the task needs, the method makes no sense, or the modules to begin with are of another
    /// backbone.
    pub fn new_adapter(&self, new: impl Into<NewAdapter>) -> Result<AdapterFile> {
        let NewAdapter { task, labels, name, method, recipe, seed, on } = new.into();
        if labels.len() < task.fewest_labels {
            return Err(Error::too_few_labels(task.fewest_labels, labels.len()));
        }
        let head = recipe.head(&name, &labels, self).unwrap_or_else(|| (task.new_head)(&name, labels));
        let own = self.model().language_head().filter(|own| own.config.kind == head.kind);
        // What the backbone's files know of words is kept.
        let head = match own {
            Some(own) => HeadConfig { style: head.style, ..own.config.clone() },
            None => head.fitted(self.config()),
        };
        let method = recipe.method(method, self)?;
        let mut file = AdapterFile::new(name, method, Some(head), self.config());
        file.metadata = Metadata { backbone_fingerprint: Some(self.fingerprint()), ..Metadata::default() };
        file.initialise(self.config(), seed)?;
        if let Some(on) = on {
            on.check_backbone(self.config(), Some(&self.fingerprint()))?;
            file.tensors.extend(on.tensors.into_iter().filter(|(name, _)| !name.starts_with("head.")));
        }
        file.tensors.extend(own.into_iter().flat_map(|own| own.tensors.clone()));
        file.validate(&file.name)?;
        Ok(file)
    }
}
