//! How strongly to regularise: stratified cross-validation.

use super::basis::Basis;
use super::folds::{fold_count, folds};
use super::linear::{Linear, Rows};
use crate::tasks::cross_entropy_of;

/// What is tried, from the strongest on: for feature rows of length 1, `C = 1 / l2` from a third to 333. Weaker ones take the
/// longest and were never noticeably better.
const L2_VALUES: [f64; 7] = [3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003];
/// To compare losses, a solution need not be as good as one that is kept.
const TOLERANCE: f64 = 1e-5;
/// Values in a row that are worse than the best before the search ends.
const PATIENCE: usize = 2;
/// Where nothing can be held out.
const DEFAULT_L2: f64 = 1.0;

/// What cross-validation found.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The regularisation of the least loss on held-out examples, the stronger one of equals.
    pub l2: f64,
    /// The logits of each example, row-major [n, C], from the classifier of this `l2` that was fitted without it. Those of
    /// examples that were never held out are zeros.
    pub held_out: Vec<f32>,
    /// The fold in which each example was held out: `folds` for those that never were.
    pub fold: Vec<usize>,
    /// How many folds there were; 0 if no label has two examples.
    pub folds: usize,
}

impl Chosen {
    /// The examples that were held out once.
    pub fn judged(&self) -> impl Iterator<Item = usize> {
        (0..self.fold.len()).filter(|example| self.fold[*example] < self.folds)
    }
}

/// Chooses the regularisation of [`fit`](super::fit) among seven values, `C = 1 / l2` from a third to 333, by the mean cross-entropy on held-out examples,
/// in as many [`folds`] as [`fold_count`] says. From one value to the next weaker one, each fold's search begins where it
/// ended before; after two values in a row that are worse than the best, no weaker one is tried.
///
/// # Panics
/// If the sizes do not fit each other, or a label is not below `classes`.
pub fn choose_l2(features: &[f32], dim: usize, labels: &[usize], classes: usize, seed: u64) -> Chosen {
    match Basis::pays(labels.len(), dim) {
        true => Basis::of(features, dim).choose_l2(labels, classes, seed),
        false => choose(features, dim, labels, classes, seed),
    }
}

impl Basis {
    /// [`choose_l2`] of the first examples, as many as there are labels.
    pub fn choose_l2(&self, labels: &[usize], classes: usize, seed: u64) -> Chosen {
        choose(&self.rows(labels.len()), labels.len(), labels, classes, seed)
    }
}

fn choose(features: &[f32], dim: usize, labels: &[usize], classes: usize, seed: u64) -> Chosen {
    let Some(count) = fold_count(labels) else {
        let held_out = vec![0.0; labels.len() * classes];
        return Chosen { l2: DEFAULT_L2, held_out, fold: vec![0; labels.len()], folds: 0 };
    };
    let fold = folds(labels, count, seed);
    let mut parts: Vec<Part> = (0..count).map(|own| Part::new(features, dim, labels, classes, &fold, own)).collect();
    let mut best = (f64::INFINITY, DEFAULT_L2, Vec::new());
    let mut worse = 0;
    for l2 in L2_VALUES {
        let mut held_out = vec![0.0; labels.len() * classes];
        let loss: f64 = parts.iter_mut().map(|part| part.judge(l2, labels, &mut held_out)).sum();
        if loss < best.0 {
            best = (loss, l2, held_out);
            worse = 0;
        } else {
            worse += 1;
            if worse == PATIENCE {
                break;
            }
        }
    }
    let (_, l2, held_out) = best;
    Chosen { l2, held_out, fold, folds: count }
}

/// A fold: what is learned from, what is held out, and where the search ended last.
struct Part {
    train: Rows,
    held: Vec<usize>,
    features: Vec<f32>,
    last: Linear,
}

impl Part {
    fn new(features: &[f32], dim: usize, labels: &[usize], classes: usize, fold: &[usize], own: usize) -> Self {
        let (held, kept): (Vec<usize>, Vec<usize>) = (0..labels.len()).partition(|example| fold[*example] == own);
        let rows = |examples: &[usize]| -> Vec<f32> {
            examples.iter().flat_map(|example| &features[example * dim..][..dim]).copied().collect()
        };
        let kept_labels: Vec<usize> = kept.iter().map(|example| labels[*example]).collect();
        let train = Rows::new(&rows(&kept), dim, &kept_labels, classes);
        Self { train, features: rows(&held), held, last: Linear::zero(classes, dim) }
    }

    /// Learns, writes the logits of what is held out, and gives the sum of its cross-entropies.
    fn judge(&mut self, l2: f64, labels: &[usize], held_out: &mut [f32]) -> f64 {
        self.last = self.train.fit(l2, Some(&self.last), TOLERANCE);
        let logits = self.last.logits(&self.features);
        let classes = self.last.classes;
        let judged = self.held.iter().zip(logits.chunks(classes)).map(|(example, row)| {
            held_out[example * classes..][..classes].copy_from_slice(row);
            cross_entropy_of(row, labels[*example] as u32)
        });
        judged.sum()
    }
}
