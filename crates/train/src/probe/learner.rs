//! Learning while examples come in.

use super::basis::Basis;
use super::choose::{Chosen, choose_l2};
use super::linear::{Linear, fit};

/// Decides the folds.
const SEED: u64 = 0;

/// Labelled features and the classifier of them, which is fitted anew after every change.
///
/// What it says depends on the examples and their order alone, not on how they came. The regularisation is that which
/// cross-validation chooses for the first m of the n examples, where m is the largest of 2, 3, 4, ... that is not above n,
/// each the one before and a tenth, rounded up. So it is chosen when the number has grown by a tenth, and the classifier of
/// those m is where every search in between begins.
#[derive(Debug, Clone)]
pub struct Learner {
    dim: usize,
    features: Vec<f32>,
    labels: Vec<usize>,
    /// Of all examples, while they are few.
    basis: Basis,
    base: Option<Base>,
    linear: Option<Linear>,
}

/// What the first examples said.
#[derive(Debug, Clone)]
struct Base {
    labels: Vec<usize>,
    chosen: Chosen,
    linear: Linear,
}

impl Learner {
    /// Without examples, for feature rows of `dim` numbers.
    pub fn new(dim: usize) -> Self {
        Self { dim, features: Vec::new(), labels: Vec::new(), basis: Basis::new(dim), base: None, linear: None }
    }

    /// Numbers in a row of features.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// How many examples there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The examples' features, row-major [n, D].
    pub fn features(&self) -> &[f32] {
        &self.features
    }

    /// The label of each example.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// The classifier, of as many classes as the largest label says; none while there are fewer than two.
    pub fn linear(&self) -> Option<&Linear> {
        self.linear.as_ref()
    }

    /// What cross-validation found when the regularisation was chosen, with the labels of the examples that there were: the
    /// first of those that there are now.
    pub fn chosen(&self) -> Option<(&Chosen, &[usize])> {
        self.base.as_ref().map(|base| (&base.chosen, &base.labels[..]))
    }

    /// Adds examples, row-major [k, D], and learns.
    ///
    /// # Panics
    /// If there is not a row for every label.
    pub fn add(&mut self, features: &[f32], labels: &[usize]) {
        assert_eq!(features.len(), self.dim * labels.len(), "a row of features for every label");
        self.features.extend(features);
        self.labels.extend(labels);
        self.learn();
    }

    /// Forgets an example and gives the others their labels, one each in their order: a label that nobody has any more may
    /// be missing from the count.
    ///
    /// # Panics
    /// If there is no such example, or there is not a label for every other one.
    pub fn remove(&mut self, example: usize, labels: &[usize]) {
        self.features.drain(example * self.dim..(example + 1) * self.dim);
        self.basis = Basis::new(self.dim);
        if self.base.as_ref().is_some_and(|base| example < base.labels.len()) {
            self.base = None;
        }
        self.labels.remove(example);
        self.relabel(labels);
    }

    /// Gives the examples their labels, one each in their order, and learns.
    ///
    /// # Panics
    /// If there is not a label for every example.
    pub fn relabel(&mut self, labels: &[usize]) {
        assert_eq!(labels.len(), self.labels.len(), "a label for every example");
        self.labels = labels.to_vec();
        self.learn();
    }

    fn learn(&mut self) {
        let classes = classes(&self.labels);
        if classes < 2 {
            (self.base, self.linear) = (None, None);
            return;
        }
        let (n, m) = (self.labels.len(), base_size(self.labels.len()));
        let is_small = Basis::pays(n, self.dim);
        if is_small {
            self.features.chunks(self.dim).skip(self.basis.len()).for_each(|row| self.basis.push(row));
        } else {
            self.basis = Basis::new(self.dim);
        }
        let base = match self.base.take().filter(|base| base.labels == self.labels[..m]) {
            Some(base) => base,
            None if is_small => Base::of(&self.basis, &self.labels[..m]),
            None => Base::new(&self.features[..m * self.dim], self.dim, &self.labels[..m]),
        };
        let (start, l2) = (base.linear.widened(classes), base.chosen.l2);
        let linear = match (m == n, is_small) {
            (true, _) => base.linear.clone(),
            (_, true) => self.basis.fit(&self.labels, classes, l2, Some(&start)),
            _ => fit(&self.features, self.dim, &self.labels, classes, l2, Some(&start)),
        };
        (self.base, self.linear) = (Some(base), Some(linear));
    }
}

impl Base {
    fn new(features: &[f32], dim: usize, labels: &[usize]) -> Self {
        let classes = classes(labels);
        let chosen = choose_l2(features, dim, labels, classes, SEED);
        let linear = fit(features, dim, labels, classes, chosen.l2, None);
        Self { labels: labels.to_vec(), chosen, linear }
    }

    /// The same of the first examples of a basis.
    fn of(basis: &Basis, labels: &[usize]) -> Self {
        let classes = classes(labels);
        let chosen = basis.choose_l2(labels, classes, SEED);
        let linear = basis.fit(labels, classes, chosen.l2, None);
        Self { labels: labels.to_vec(), chosen, linear }
    }
}

fn classes(labels: &[usize]) -> usize {
    labels.iter().max().map_or(0, |most| most + 1)
}

/// With how many of `n` examples the regularisation is chosen; `n` is at least 2.
fn base_size(n: usize) -> usize {
    let mut size = 2;
    loop {
        let next = size + usize::div_ceil(size, 10);
        if next > n {
            return size;
        }
        size = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_regularisation_is_chosen_when_a_tenth_is_new() {
        let sizes: Vec<usize> = (2..40).filter(|n| base_size(*n) == *n).collect();
        assert_eq!(sizes, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 21, 24, 27, 30, 33, 37]);
        assert_eq!((base_size(12), base_size(39), base_size(1000)), (11, 37, 963));
    }

    const DIM: usize = 45;

    /// The features of example `i`.
    fn row(i: usize) -> Vec<f32> {
        let noise = |j| ((i * DIM + j) * 7919 % 101) as f32 / 50.0 - 1.0;
        (0..DIM).map(|j| noise(j) + if i % 3 == j { 1.0 } else { 0.0 }).collect()
    }

    fn rows(examples: impl IntoIterator<Item = usize>) -> (Vec<f32>, Vec<usize>) {
        let (mut features, mut labels) = (Vec::new(), Vec::new());
        for i in examples {
            features.extend(row(i));
            labels.push(i % 3);
        }
        (features, labels)
    }

    fn learned(examples: impl IntoIterator<Item = usize>) -> Learner {
        let (features, labels) = rows(examples);
        let mut learner = Learner::new(DIM);
        learner.add(&features, &labels);
        learner
    }

    #[test]
    fn how_the_examples_came_does_not_matter() {
        let whole = learned(0..25);
        let mut one_by_one = Learner::new(DIM);
        for i in 0..25 {
            one_by_one.add(&row(i), &[i % 3]);
            assert_eq!(one_by_one.linear().map_or(0, |linear| linear.classes), if i == 0 { 0 } else { 3.min(i + 1) });
        }
        assert_eq!(one_by_one.linear(), whole.linear());
        // Forgotten among the first, and among the last, as if it had never been there.
        for gone in [3, 24] {
            let mut forgetful = learned(0..25);
            let others = (0..25).filter(|i| *i != gone);
            forgetful.remove(gone, &rows(others.clone()).1);
            assert_eq!(forgetful.linear(), learned(others).linear(), "without {gone}");
        }
        let mut corrected = learned(0..25);
        let mut labels = corrected.labels().to_vec();
        labels[7] = 0;
        corrected.relabel(&labels);
        assert_ne!(corrected.linear(), whole.linear());
        labels[7] = 1;
        corrected.relabel(&labels);
        assert_eq!(corrected.linear(), whole.linear());
    }
}
