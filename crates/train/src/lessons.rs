//! What a trainer learns from.

use std::sync::Arc;

use graftwork_model::{Backbone, Batch};
use graftwork_text::Encoding;

use crate::lower_layers::LowerLayers;
use crate::plan::Plan;
use crate::predict::upload;
use crate::tasks::{Draw, Examples};
use crate::{Result, TrainConfig};

/// Examples, and how they are taken.
#[derive(Clone)]
pub struct Lessons<'a> {
    /// All that there are.
    pub examples: &'a dyn Examples,
    /// Those that are learned from; all without it.
    pub only: Option<Vec<usize>>,
    /// The label of each of all examples, if every label is to come as often as the others.
    pub balance: Option<Vec<usize>>,
    /// What the layers below the adapter make of all examples, if that is known.
    pub lower: Option<Arc<LowerLayers>>,
}

impl<'a> From<&'a dyn Examples> for Lessons<'a> {
    fn from(examples: &'a dyn Examples) -> Self {
        Self { examples, only: None, balance: None, lower: None }
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

    /// Uploads some of all examples as one batch.
    pub(crate) fn batch(&self, backbone: &Backbone, examples: &[usize], draw: &Draw) -> Result<Batch> {
        match &self.lower {
            Some(lower) => lower.batch(backbone, examples),
            None => {
                let drawn: Vec<_> = examples.iter().map(|example| self.examples.drawn(*example, draw)).collect();
                upload(backbone, drawn.iter().map(|sequences| &**sequences))
            }
        }
    }
}
