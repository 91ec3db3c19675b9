//! The data sets of a training, and the heads that they teach.

use graftwork_train::{Course, Lessons, Sampling};

use crate::{Backbone, Error, Examples, Result};

/// A data set of a training: its examples, and the heads that they teach.
#[derive(Debug, Clone)]
pub struct CoursePart<'a> {
    pub(crate) train: &'a Examples,
    dev: Option<&'a Examples>,
    head: Option<String>,
    weights: Vec<(String, f64)>,
}

impl<'a> CoursePart<'a> {
    /// Examples that teach the heads of their task, where that has several, or else the adapter's first one.
    #[must_use]
    pub fn new(train: &'a Examples) -> Self {
        Self { train, dev: None, head: None, weights: Vec::new() }
    }

    /// What decides, with that of the other data sets, which weights are kept. Default none.
    #[must_use]
    pub fn dev(mut self, dev: impl Into<Option<&'a Examples>>) -> Self {
        self.dev = dev.into();
        self
    }

    /// The head that they teach.
    #[must_use]
    pub fn head(mut self, name: impl Into<String>) -> Self {
        self.head = Some(name.into());
        self
    }

    /// How much the loss of a head counts. Default 1 for each.
    #[must_use]
    pub fn weight(mut self, head: impl Into<String>, weight: f64) -> Self {
        self.weights.push((head.into(), weight));
        self
    }

    /// Whether they teach a head of that name.
    pub fn teaches(&self, head: &str) -> bool {
        self.names().iter().any(|name| name == head)
    }

    /// The heads; none for the adapter's first, as long as that has no name here.
    fn names(&self) -> Vec<String> {
        match &self.head {
            Some(name) => vec![name.clone()],
            None => self.train.task().heads.iter().map(|(name, _)| (*name).to_owned()).collect(),
        }
    }

    /// The same with their weights.
    fn heads(&self) -> Result<Vec<(String, f64)>> {
        let names = self.names();
        if let Some((unknown, _)) = self.weights.iter().find(|(head, _)| !names.contains(head)) {
            let must = format!("name a head that the data teaches ({}), not {unknown}", names.join(", "));
            return Err(Error::Setting { setting: "loss weight", must });
        }
        let weight =
            |name: &String| self.weights.iter().rev().find(|(head, _)| head == name).map_or(1.0, |found| found.1);
        Ok(names.into_iter().map(|name| (weight(&name), name)).map(|(weight, name)| (name, weight)).collect())
    }
}

/// That there is nothing to learn from.
pub(crate) fn nothing() -> Error {
    Error::Setting { setting: "data sets", must: "be 1 at least".to_owned() }
}

/// The data sets as the trainer takes them.
pub(crate) fn of<'a>(backbone: &'a Backbone, parts: &[CoursePart<'a>], sampling: Sampling) -> Result<Course<'a>> {
    let mut taught: Vec<String> = Vec::new();
    let mut course = Course { parts: Vec::new(), sampling };
    for part in parts {
        let heads = part.heads()?;
        let again = heads.iter().find(|(name, _)| taught.contains(name));
        if parts.len() > 1 && (heads.is_empty() || again.is_some()) {
            let what = again.map_or_else(|| "one without a name".to_owned(), |(name, _)| format!("{name} twice"));
            let must = format!("each be taught by one data set, and be named; there is {what}");
            return Err(Error::Setting { setting: "heads", must });
        }
        taught.extend(heads.iter().map(|(name, _)| name.clone()));
        let mut lessons = Lessons::from(part.train.for_backbone(backbone)?);
        lessons.teacher = part.train.teacher().cloned();
        let dev = part.dev.map(|dev| dev.for_backbone(backbone)).transpose()?;
        course.parts.push(graftwork_train::Part { lessons, dev, heads });
    }
    Ok(course)
}
