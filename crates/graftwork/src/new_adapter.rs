//! What is new to learn: modules, and a head or several.

use graftwork_model::{AdapterConfig, AdapterFile, HeadConfig, Metadata, is_of_head};
use graftwork_train::tasks::TaskInfo;

use crate::{Backbone, Error, Examples, Recipe, Result};

/// What a new adapter is to be. The defaults are those of the program: `double_seq_bn` of reduction factor 16, seed 42.
#[derive(Debug, Clone)]
pub struct NewAdapter {
    name: String,
    /// The first one's name is the adapter's where it has none of its own.
    heads: Vec<NewHead>,
    method: AdapterConfig,
    recipe: Recipe,
    seed: u64,
    on: Option<AdapterFile>,
}

#[derive(Debug, Clone)]
struct NewHead {
    name: Option<String>,
    task: &'static TaskInfo,
    labels: Vec<String>,
}

impl NewAdapter {
    /// With one head, for a task and its labels in the order of the logits.
    ///
    /// # Panics
    /// Never: the default method is one of the table.
    pub fn new(task: &'static TaskInfo, labels: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let method = AdapterConfig::preset("double_seq_bn").expect("a method of the table");
        let first = NewHead { name: None, task, labels: labels.into_iter().map(Into::into).collect() };
        Self { name: "adapter".to_owned(), heads: vec![first], method, recipe: Recipe::Standard, seed: 42, on: None }
    }

    /// With the heads of a task, each for a set of labels.
    pub fn of_task(task: &'static TaskInfo, labels: &[Vec<String>]) -> Self {
        let of = |head: usize| labels.get(head).cloned().unwrap_or_default();
        let Some(((name, first), others)) = task.heads.split_first() else { return Self::new(task, of(0)) };
        let new = Self::new(first, of(0)).head(*name);
        others.iter().zip(1..).fold(new, |new, ((name, task), place)| new.and(*name, task, of(place)))
    }

    /// Its name, which is part of its tensors' names in files. Default `adapter`.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// What its first head is called. Default: as the adapter, so that AdapterHub activates both together.
    #[must_use]
    pub fn head(mut self, name: impl Into<String>) -> Self {
        self.heads[0].name = Some(name.into());
        self
    }

    /// One more head, for a task and its labels.
    #[must_use]
    pub fn and(
        mut self,
        name: impl Into<String>,
        task: &'static TaskInfo,
        labels: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let labels = labels.into_iter().map(Into::into).collect();
        self.heads.push(NewHead { name: Some(name.into()), task, labels });
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

    /// The modules that it begins with instead of new ones, with their name and method; of it everything but the heads is taken,
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
        Self::of_task(examples.task(), examples.label_sets())
    }
}

impl Backbone {
    /// A new adapter with AdapterHub's default head, or for masked words the backbone's own if its files have one, drawn from a
    /// seed and ready to be trained: for the task and the labels of examples, or as a [`NewAdapter`] says.
    ///
    /// # Errors
    /// If there are fewer labels than the task needs, two heads have one name, the method makes no sense, or the modules to
    /// begin with are of another backbone.
    pub fn new_adapter(&self, new: impl Into<NewAdapter>) -> Result<AdapterFile> {
        let NewAdapter { heads, name, method, recipe, seed, on } = new.into();
        let mut made = Vec::new();
        for head in &heads {
            made.push(self.new_head(head, &name, recipe)?);
        }
        let method = recipe.method(method, self)?;
        let mut file = AdapterFile::new(name, method, Some(made.remove(0)), self.config());
        file.further = made.into_iter().map(Into::into).collect();
        // Before anything is drawn, which has a tensor for each name.
        file.check_names()?;
        file.metadata = Metadata { backbone_fingerprint: Some(self.fingerprint()), ..Metadata::default() };
        file.initialise(self.config(), seed)?;
        if let Some(on) = on {
            on.check_backbone(self.config(), Some(&self.fingerprint()))?;
            file.tensors.extend(on.tensors.into_iter().filter(|(name, _)| !is_of_head(name)));
        }
        if let Some(own) = self.model().language_head() {
            file.fill_heads(own);
        }
        file.validate(&file.name)?;
        Ok(file)
    }

    fn new_head(&self, new: &NewHead, adapter: &str, recipe: Recipe) -> Result<HeadConfig> {
        let NewHead { name, task, labels } = new;
        if labels.len() < task.fewest_labels {
            return Err(Error::too_few_labels(task.fewest_labels, labels.len()));
        }
        let name = name.as_deref().unwrap_or(adapter);
        let head = recipe.head(name, labels, self).unwrap_or_else(|| (task.new_head)(name, labels.clone()));
        // What the backbone's files know of words is kept.
        Ok(match self.model().language_head().filter(|own| own.config.kind == head.kind) {
            Some(own) => HeadConfig { style: head.style, ..own.config.clone() },
            None => head.fitted(self.config()),
        })
    }
}
