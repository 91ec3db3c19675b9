//! The trainings that a run consists of, and what they leave to those after them.

use std::sync::Arc;

use graftwork_model::{Adapter, AdapterConfig, AdapterFile, Backbone, Batch};
use graftwork_tensor::{OnProgress, Tape};

use super::compare::Comparison;
use super::prepare::Prepared;
use crate::kept::{Kept, Place, Room};
use crate::predict::{Rows, in_batches};
use crate::probe::{Linear, distances, fit, fold_count, folds};
use crate::tasks::Examples;
use crate::{Error, Lessons, Result, TrainConfig};

/// The most folds: each is a training.
const MOST_FOLDS: usize = 3;

/// How much of what an adapter adds is tried.
const SCALES: [f64; 2] = [0.5, 1.0];

/// The folds of the examples, and all of them at the end.
pub(super) struct Parts<'a> {
    lessons: Lessons<'a>,
    pub labels: Vec<usize>,
    pub classes: usize,
    /// In which fold each example is held out; beyond the last, in none.
    fold: Vec<usize>,
    /// How many folds there are.
    folds: usize,
    /// How much of what an adapter adds is tried, with the adapter's description.
    scales: Vec<(f64, AdapterConfig)>,
    /// Steps of each training; none if only the head is fitted.
    pub steps: Vec<usize>,
}

impl<'a> Parts<'a> {
    pub fn new(start: &AdapterFile, config: &TrainConfig, examples: &'a dyn Examples, head_only: bool) -> Result<Self> {
        config.validate()?;
        if config.freeze_adapter {
            let must = "be off for few examples: the head is fitted alone first, then an adapter with it".to_owned();
            return Err(Error::Setting { setting: "freeze_adapter", must });
        }
        if !start.further.is_empty() {
            let must = "be the standard one for an adapter with several heads".to_owned();
            return Err(Error::Setting { setting: "recipe", must });
        }
        let head = start.head.as_ref().ok_or(Error::NoHead)?;
        let labels = examples.for_head(head)?.truth().ok_or(Error::NotOneLabel { task: examples.info().name })?;
        if head.layers != 1 || !head.bias {
            return Err(Error::HeadLayers { layers: head.layers });
        }
        let count = fold_count(&labels).map_or(0, |count| count.min(MOST_FOLDS));
        let fold = if count > 0 { folds(&labels, count, config.seed) } else { vec![0; labels.len()] };
        let scaled = SCALES.iter().filter_map(|scale| Some((*scale, start.config.scaled(*scale)?)));
        let scales: Vec<_> = scaled.collect();
        let scales = if scales.is_empty() { vec![(1.0, start.config.clone())] } else { scales };
        let mut lessons = Lessons::from(examples);
        lessons.balance = Some(labels.clone());
        let mut parts =
            Self { lessons, labels, classes: head.num_labels, fold, folds: count, scales, steps: Vec::new() };
        let trainings = if head_only { 0 } else { count + 1 };
        for part in 0..trainings {
            parts.steps.push(parts.lessons_of(part).plan(config)?.total_steps());
        }
        Ok(parts)
    }

    /// All examples.
    pub fn examples(&self) -> &'a dyn Examples {
        self.lessons.examples
    }

    pub fn all(&self) -> &Lessons<'a> {
        &self.lessons
    }

    /// Keeps what the layers below the adapter make of the examples, so that dropout acts above them only, however much is kept.
    pub fn keep_lower(&mut self, backbone: &'a Backbone, start: &AdapterFile, config: &TrainConfig) {
        let lowest = start.lowest_layer(backbone.config().num_hidden_layers);
        if lowest > 0 {
            let room = Room::new(config.keep_bytes());
            self.lessons.kept = Some(Arc::new(Kept::new(backbone, self.examples(), Place::Layer(lowest), &room)));
        }
    }

    /// Trainings before the one on all examples.
    pub fn folds(&self) -> usize {
        self.folds
    }

    /// The examples that a fold holds out, and the others.
    pub fn split(&self, fold: usize) -> (Vec<usize>, Vec<usize>) {
        (0..self.labels.len()).partition(|example| self.fold[*example] == fold)
    }

    /// What a training learns from, and the head that it begins with.
    pub fn lessons<'p>(&self, part: usize, prepared: &'p Prepared) -> (Lessons<'a>, &'p Linear) {
        (self.lessons_of(part), prepared.fold_heads.get(part).unwrap_or(&prepared.head))
    }

    /// What a training learns from.
    pub fn lessons_of(&self, part: usize) -> Lessons<'a> {
        let only = (part < self.folds()).then(|| self.split(part).1);
        Lessons { only, ..self.lessons.clone() }
    }

    /// How many numbers the trainings before one leave: at each scale logits [n, C] and a distance of each example, as far as
    /// they have been held out.
    pub fn left_after(&self, part: usize) -> usize {
        if part == 0 { 0 } else { self.scales.len() * self.block() }
    }

    fn block(&self) -> usize {
        self.labels.len() * (self.classes + 1)
    }

    /// An adapter that was trained, at each scale.
    pub fn scaled(&self, trained: &AdapterFile) -> impl Iterator<Item = AdapterFile> {
        self.scales.iter().map(|(_, config)| AdapterFile { config: config.clone(), ..trained.clone() })
    }

    /// Which of the scales that is.
    pub fn place_of(&self, scale: f64) -> usize {
        self.scales.iter().position(|(other, _)| *other == scale).unwrap_or_default()
    }

    /// The examples with these features, as a fold sees them.
    pub fn fold_of<'f>(&self, fold: usize, features: &'f [f32]) -> Fold<'f> {
        let (held, kept) = self.split(fold);
        let labels = kept.iter().map(|example| self.labels[*example]).collect();
        Fold { features, dim: features.len() / self.labels.len(), held, kept, labels, classes: self.classes }
    }

    /// Adds to what the trainings before have `left` what this one, of such features at a scale, says about the examples that
    /// it has not learned from.
    pub fn leave(&self, fold: usize, (scale, features): (usize, &[f32]), l2: f64, left: &mut Vec<f32>) {
        left.resize(self.left_after(1), 0.0);
        let (logits, far) = left[scale * self.block()..][..self.block()].split_at_mut(self.labels.len() * self.classes);
        let fold = self.fold_of(fold, features);
        fold.judge(&fold.fit(l2), logits);
        let (held, kept) = (fold.rows(&fold.held), fold.rows(&fold.kept));
        for (example, distance) in fold.held.iter().zip(distances(&held, &kept, fold.dim, &fold.labels)) {
            far[*example] = distance as f32;
        }
    }

    /// Of what the folds have left at a scale: the logits of the examples that were held out, their labels and distances.
    pub fn held_out(&self, scale: usize, left: &[f32]) -> (Vec<f32>, Vec<usize>, Vec<f64>) {
        let own = left.get(scale * self.block()..(scale + 1) * self.block()).unwrap_or_default();
        let (logits, distances) = own.split_at(own.len().min(self.labels.len() * self.classes));
        let (logits, truth) = self.judged(logits);
        let distances =
            self.were_held_out().filter_map(|example| distances.get(example)).map(|v| f64::from(*v)).collect();
        (logits, truth, distances)
    }

    /// The rows of the examples that are held out once, of logits [n, C], and their labels.
    pub fn judged(&self, logits: &[f32]) -> (Vec<f32>, Vec<usize>) {
        let row = |example: usize| logits.get(example * self.classes..(example + 1) * self.classes).unwrap_or_default();
        let rows = self.were_held_out().flat_map(row).copied().collect();
        (rows, self.were_held_out().map(|example| self.labels[example]).collect())
    }

    fn were_held_out(&self) -> impl Iterator<Item = usize> {
        (0..self.labels.len()).filter(|example| self.fold[*example] < self.folds())
    }

    /// The head alone and the adapter on what was held out.
    pub fn compare(&self, prepared: &Prepared, left: &[f32]) -> Comparison {
        let (head, truth) = self.judged(&prepared.held_out);
        let scales = self.scales.iter().enumerate().take(left.len());
        let adapter: Vec<_> = scales.map(|(place, (scale, _))| (*scale, self.held_out(place, left).0)).collect();
        Comparison::new(&head, &adapter, self.classes, &truth)
    }
}

/// Examples with their features [n, D], of which some are held out and a head learns from the others.
pub(super) struct Fold<'f> {
    features: &'f [f32],
    dim: usize,
    held: Vec<usize>,
    kept: Vec<usize>,
    /// Of those that are kept.
    labels: Vec<usize>,
    classes: usize,
}

impl Fold<'_> {
    /// A head for the examples that are kept.
    pub fn fit(&self, l2: f64) -> Linear {
        fit(&self.rows(&self.kept), self.dim, &self.labels, self.classes, l2, None)
    }

    /// Writes what a head says about those that are held out into the logits [n, C] of all.
    pub fn judge(&self, head: &Linear, logits: &mut [f32]) {
        let said = head.logits(&self.rows(&self.held));
        for (example, row) in self.held.iter().zip(said.chunks(self.classes)) {
            logits[example * self.classes..][..self.classes].copy_from_slice(row);
        }
    }

    fn rows(&self, chosen: &[usize]) -> Vec<f32> {
        chosen.iter().flat_map(|example| &self.features[example * self.dim..][..self.dim]).copied().collect()
    }
}

/// What an adapter's head stands on, of all examples: row-major [n, D].
pub(super) async fn features(
    backbone: &Backbone,
    adapter: &Adapter,
    lessons: &Lessons<'_>,
    progress: &mut OnProgress<'_>,
) -> Result<Vec<f32>> {
    let head = adapter.head().ok_or(Error::NoHead)?;
    let compute = |batch: &Batch| {
        let mut tape = Tape::inference(backbone.device());
        let hidden = backbone.forward(&mut tape, batch, Some(adapter), 0.0)?;
        Ok(head.features(&mut tape, backbone, &hidden, batch).value().clone())
    };
    let read = |_: &[usize], rows: Rows<'_>| rows.iter().map(<[f32]>::to_vec).collect::<Vec<_>>();
    Ok(in_batches(backbone, lessons.source(), compute, read, progress).await?.concat())
}
