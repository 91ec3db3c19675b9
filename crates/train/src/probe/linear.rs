//! A linear classifier on feature rows, and its fit: L2-regularised multinomial logistic regression.

use graftwork_tensor::{Matrix, cpu_gemm};

use super::basis::Basis;
use super::lbfgs::{dot, minimise};
use super::objective::Objective;

/// How large an element of the gradient may be in the end, for each example: probabilities are then right to 1e-4.
pub(super) const TOLERANCE: f64 = 1e-6;

/// `logits = features Wᵀ + b`
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    /// C, how many classes.
    pub classes: usize,
    /// D, elements of a feature row.
    pub dim: usize,
    /// W, row-major [C, D].
    pub weight: Vec<f32>,
    /// b, `[C]`.
    pub bias: Vec<f32>,
}

impl Linear {
    /// One that gives every class the same probability.
    pub fn zero(classes: usize, dim: usize) -> Self {
        Self { classes, dim, weight: vec![0.0; classes * dim], bias: vec![0.0; classes] }
    }

    /// The same of so many classes, of which the new ones are as nothing to it.
    pub(super) fn widened(&self, classes: usize) -> Self {
        let mut wide = self.clone();
        wide.classes = classes;
        wide.weight.resize(classes * self.dim, 0.0);
        wide.bias.resize(classes, 0.0);
        wide
    }

    /// Logits, row-major [n, C], of features, row-major [n, D].
    pub fn logits(&self, features: &[f32]) -> Vec<f32> {
        let rows = features.len() / self.dim.max(1);
        let mut logits = self.bias.repeat(rows);
        let (x, w) = (Matrix::new(features, rows, self.dim), Matrix::new(&self.weight, self.classes, self.dim));
        cpu_gemm(1.0, x, w.t(), true, &mut logits);
        logits
    }
}

/// Fits a classifier to features, row-major [n, D], with a label below `classes` each. It minimises
/// `sum of cross-entropies + l2 / 2 · |W|²`, which is scikit-learn's `LogisticRegression` of `C = 1 / l2` (of two
/// classes, for which it has one row of weights, `C = 2 / l2`); the bias is not regularised. `start` is where the search
/// begins: a solution nearby saves most of it. The same arguments give the same bits on the same machine, whatever the
/// number of threads.
///
/// # Panics
/// If the sizes do not fit each other, or a label is not below `classes`.
pub fn fit(features: &[f32], dim: usize, labels: &[usize], classes: usize, l2: f64, start: Option<&Linear>) -> Linear {
    assert_eq!(features.len(), dim * labels.len(), "a row of features for every label");
    match Basis::pays(labels.len(), dim) {
        true => Basis::of(features, dim).fit(labels, classes, l2, start),
        false => Rows::new(features, dim, labels, classes).fit(l2, start, TOLERANCE),
    }
}

/// What a classifier is fitted to, ready to be fitted several times. The rows stand about their mean: the bias, which is
/// free, takes that up, weights and bias have less to do with each other, and the search is several times shorter.
#[derive(Debug)]
pub(super) struct Rows {
    centred: Vec<f32>,
    mean: Vec<f64>,
    labels: Vec<usize>,
    classes: usize,
}

impl Rows {
    pub fn new(features: &[f32], dim: usize, labels: &[usize], classes: usize) -> Self {
        assert_eq!(features.len(), dim * labels.len(), "a row of features for every label");
        assert!(labels.iter().all(|label| *label < classes), "a label beyond the classes");
        let mut mean = vec![0.0; dim];
        for row in features.chunks(dim.max(1)) {
            mean.iter_mut().zip(row).for_each(|(sum, v)| *sum += f64::from(*v));
        }
        mean.iter_mut().for_each(|sum| *sum /= labels.len().max(1) as f64);
        let centre = |row: &[f32]| row.iter().zip(&mean).map(|(v, mean)| (f64::from(*v) - mean) as f32).collect();
        let centred = features.chunks(dim.max(1)).flat_map(|row| -> Vec<f32> { centre(row) }).collect();
        Self { centred, mean, labels: labels.to_vec(), classes }
    }

    /// Searches until the gradient is below `tolerance` for each example.
    pub fn fit(&self, l2: f64, start: Option<&Linear>, tolerance: f64) -> Linear {
        let (dim, classes) = (self.mean.len(), self.classes);
        let rows = &self.centred;
        let objective = Objective { rows, dim, labels: &self.labels, classes, l2, tolerance };
        let x = start.map_or_else(|| vec![0.0; classes * (dim + 1)], |start| self.variables(start));
        let x = minimise(&objective, x);
        let (weight, bias) = x.split_at(classes * dim);
        let bias = bias.iter().zip(weight.chunks(dim.max(1))).map(|(b, w)| (b - dot(w, &self.mean)) as f32).collect();
        Linear { classes, dim, weight: weight.iter().map(|w| *w as f32).collect(), bias }
    }

    /// A classifier as it is for centred rows.
    fn variables(&self, of: &Linear) -> Vec<f64> {
        assert_eq!((of.classes, of.dim), (self.classes, self.mean.len()), "the start is of another shape");
        let mut x: Vec<f64> = of.weight.iter().map(|w| f64::from(*w)).collect();
        let bias = |(b, w): (&f32, &[f64])| f64::from(*b) + dot(w, &self.mean);
        let biases: Vec<f64> = of.bias.iter().zip(x.chunks(of.dim.max(1))).map(bias).collect();
        x.extend(biases);
        x
    }
}
