//! What a trainer learns from.

use std::sync::Arc;

use graftwork_model::{Backbone, Batch};
use graftwork_text::Encoding;

use crate::kept::Kept;
use crate::plan::Plan;
use crate::predict::Source;
use crate::tasks::{Draw, Examples};
use crate::{Result, Teacher, TrainConfig};

/// Examples, and how they are taken.
#[derive(Clone)]
pub struct Lessons<'a> {
    /// All that there are.
    pub examples: &'a dyn Examples,
    /// Those that are learned from; all without it.
    pub only: Option<Vec<usize>>,
    /// The label of each of all examples, if every label is to come as often as the others.
    pub balance: Option<Vec<usize>>,
    /// What a teacher says about all of them, if they are learned from one.
    pub teacher: Option<Arc<Teacher>>,
    /// What is kept of all examples, if anything is.
    pub(crate) kept: Option<Arc<Kept<'a>>>,
}

impl<'a> From<&'a dyn Examples> for Lessons<'a> {
    fn from(examples: &'a dyn Examples) -> Self {
        Self { examples, only: None, balance: None, teacher: None, kept: None }
    }
}

impl<'a, E: Examples> From<&'a E> for Lessons<'a> {
    fn from(examples: &'a E) -> Self {
        Self::from(examples as &dyn Examples)
    }
}

impl Lessons<'_> {
    /// The steps of a run, over the examples that are learned from by their place among them.
    pub(crate) fn plan(&self, config: &TrainConfig) -> Result<Plan> {
        let all: Vec<usize> = (0..self.only.as_ref().map_or(self.examples.len(), Vec::len)).collect();
        let ids = self.named(&all);
        let tokens = |example: &usize| self.examples.sequences(*example).iter().map(Encoding::len).sum();
        let labels = |all: &Vec<usize>| ids.iter().map(|example| all[*example]).collect::<Vec<_>>();
        Plan::new(config, ids.iter().map(tokens).collect(), self.balance.as_ref().map(labels).as_deref())
    }

    /// Which of all examples these are, by their place among those that are learned from.
    pub(crate) fn named(&self, places: &[usize]) -> Vec<usize> {
        places.iter().map(|place| self.only.as_ref().map_or(*place, |only| only[*place])).collect()
    }

    /// All examples, to be made into batches.
    pub(crate) fn source(&self) -> Source<'_> {
        Source::new(self.examples, self.kept.as_deref())
    }

    /// Uploads some of all examples as one batch.
    pub(crate) async fn batch(&self, backbone: &Backbone, examples: &[usize], draw: Draw) -> Result<Batch> {
        self.source().drawn(draw).batch(backbone, examples).await
    }
}
