//! What a training consists of: data sets, each with the heads that it teaches.

use serde_json::{Map, Value};

use crate::Lessons;
use crate::tasks::Examples;

/// The data sets of a training on one adapter. Every step's batch comes from one of them.
#[derive(Clone)]
pub struct Course<'a> {
    /// The data sets.
    pub parts: Vec<Part<'a>>,
    /// Which of them a step takes, where there are several.
    pub sampling: Sampling,
}

/// A data set, and what it teaches.
#[derive(Clone)]
pub struct Part<'a> {
    /// What is learned from.
    pub lessons: Lessons<'a>,
    /// What decides, with that of the other data sets, which weights are kept.
    pub dev: Option<&'a dyn Examples>,
    /// The heads that it teaches by name, all in one forward pass, each with how much its loss counts; none for the adapter's
    /// first.
    pub heads: Vec<(String, f64)>,
}

/// How often the data sets of a training have their turn. Either way the order is a function of seed and step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sampling {
    /// As often as each has batches: an epoch goes through every data set once.
    #[default]
    BySize,
    /// Each as often as the one with most batches: smaller ones begin again within an epoch.
    Evenly,
}

impl Sampling {
    /// Both.
    pub const ALL: [Self; 2] = [Self::BySize, Self::Evenly];

    /// Its name in options and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BySize => "by-size",
            Self::Evenly => "evenly",
        }
    }
}

impl<'a> Course<'a> {
    /// Of one data set, which teaches the adapter's first head.
    pub fn of(lessons: Lessons<'a>, dev: Option<&'a dyn Examples>) -> Self {
        Self { parts: vec![Part { lessons, dev, heads: Vec::new() }], sampling: Sampling::default() }
    }

    /// What an adapter's files record of it: nothing where there is one data set, and each head's loss counts 1.
    #[must_use]
    pub fn record(&self) -> Map<String, Value> {
        let mut record = Map::new();
        if self.parts.len() > 1 {
            record.insert("sampling".to_owned(), self.sampling.name().into());
        }
        let mut weights = Map::new();
        for (name, weight) in self.parts.iter().flat_map(|part| &part.heads).filter(|(_, weight)| *weight != 1.0) {
            weights.insert(name.clone(), (*weight).into());
        }
        if !weights.is_empty() {
            record.insert("loss_weights".to_owned(), weights.into());
        }
        record
    }
}
