//! Few examples in many dimensions: as rows of as many numbers as there are examples.
//!
//! Rows X [n, D] are L Q, L lower triangular [n, n], Q [n, D] with orthonormal rows. A regularised classifier on X has its
//! weights in the span of the rows, so it is W = B Q with B fitted to the rows of L: the same logits, `|W| = |B|`, and a
//! search in C n variables instead of C D. L is the Cholesky factor of `X Xᵀ`, whose first m rows are those of the first m
//! examples: one more is one more row.

use super::lbfgs::{add, dot};
use super::linear::{Linear, Rows, TOLERANCE};

/// What an example adds to the others, by length, is left out below this: its square is where rounding begins.
const FAINT: f64 = 1e-6;

/// The rows of examples in a basis of their own.
#[derive(Debug, Clone)]
pub(super) struct Basis {
    dim: usize,
    /// X, row-major [n, D].
    features: Vec<f64>,
    /// The rows of L without the zeros at their ends.
    lower: Vec<Vec<f64>>,
}

impl Basis {
    /// Of no examples, each of `dim` numbers.
    pub fn new(dim: usize) -> Self {
        Self { dim, features: Vec::new(), lower: Vec::new() }
    }

    /// Whether so many examples are few enough for it to pay.
    pub fn pays(n: usize, dim: usize) -> bool {
        n <= dim / 3
    }

    /// How many examples it holds.
    pub fn len(&self) -> usize {
        self.lower.len()
    }

    /// Of examples, row-major [n, D].
    pub fn of(features: &[f32], dim: usize) -> Self {
        let mut basis = Self::new(dim);
        features.chunks(dim.max(1)).for_each(|row| basis.push(row));
        basis
    }

    /// One more example.
    pub fn push(&mut self, row: &[f32]) {
        let row: Vec<f64> = row.iter().map(|v| f64::from(*v)).collect();
        let mut own = self.along(&row, self.len());
        let pivot = (dot(&row, &row) - dot(&own, &own)).max(0.0).sqrt();
        own.push(if pivot > FAINT { pivot } else { 0.0 });
        self.lower.push(own);
        self.features.extend(row);
    }

    /// The first `m` examples as rows of `m` numbers, row-major [m, m].
    pub fn rows(&self, m: usize) -> Vec<f32> {
        let mut rows = vec![0.0; m * m];
        for (row, lower) in rows.chunks_mut(m.max(1)).zip(&self.lower) {
            row.iter_mut().zip(lower).for_each(|(to, from)| *to = *from as f32);
        }
        rows
    }

    /// [`fit`](super::fit) of the first examples, as many as there are labels.
    pub fn fit(&self, labels: &[usize], classes: usize, l2: f64, start: Option<&Linear>) -> Linear {
        let m = labels.len();
        let start = start.map(|start| self.project(start, m));
        self.expand(&Rows::new(&self.rows(m), m, labels, classes).fit(l2, start.as_ref(), TOLERANCE))
    }

    /// What a vector `[D]` is in the basis of the first `m` examples: the solution of L z = X v.
    fn along(&self, vector: &[f64], m: usize) -> Vec<f64> {
        let mut own: Vec<f64> = Vec::with_capacity(m + 1);
        for (row, lower) in self.features.chunks(self.dim.max(1)).zip(&self.lower).take(m) {
            let (before, pivot) = lower.split_at(own.len());
            let rest = dot(row, vector) - dot(before, &own);
            own.push(if pivot[0] > 0.0 { rest / pivot[0] } else { 0.0 });
        }
        own
    }

    /// A classifier of rows of D numbers as one of [`Basis::rows`]: what it says of these examples is the same.
    fn project(&self, linear: &Linear, m: usize) -> Linear {
        let of_class = |class: &[f32]| {
            let class: Vec<f64> = class.iter().map(|v| f64::from(*v)).collect();
            self.along(&class, m).into_iter().map(|v| v as f32)
        };
        let weight = linear.weight.chunks(self.dim.max(1)).flat_map(of_class).collect();
        Linear { classes: linear.classes, dim: m, weight, bias: linear.bias.clone() }
    }

    /// A classifier of [`Basis::rows`] as one of rows of D numbers: W = A X, where A L = B.
    fn expand(&self, linear: &Linear) -> Linear {
        let m = linear.dim;
        let of_class = |class: &[f32]| {
            let mut rest: Vec<f64> = class.iter().map(|v| f64::from(*v)).collect();
            let mut weight = vec![0.0; self.dim];
            for (i, lower) in self.lower[..m].iter().enumerate().rev() {
                let share = if lower[i] > 0.0 { rest[i] / lower[i] } else { 0.0 };
                add(&mut rest[..=i], -share, lower);
                add(&mut weight, share, &self.features[i * self.dim..][..self.dim]);
            }
            weight.into_iter().map(|v| v as f32)
        };
        let weight = linear.weight.chunks(m.max(1)).flat_map(of_class).collect();
        Linear { classes: linear.classes, dim: self.dim, weight, bias: linear.bias.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIM: usize = 30;

    /// Rows of which the third is the first again, and the fifth the sum of two.
    fn features() -> Vec<f32> {
        let mut rows: Vec<f32> = (0..8 * DIM).map(|i| (i * 7919 % 1009) as f32 / 504.0 - 1.0).collect();
        rows.copy_within(0..DIM, 2 * DIM);
        (0..DIM).for_each(|j| rows[4 * DIM + j] = rows[j] + rows[DIM + j]);
        rows
    }

    #[test]
    fn rows_keep_their_lengths_and_angles() {
        let (features, n) = (features(), 8);
        let basis = Basis::of(&features, DIM);
        for m in [3, n] {
            let rows = basis.rows(m);
            for (i, j) in (0..m).flat_map(|i| (0..m).map(move |j| (i, j))) {
                let product = |rows: &[f32], dim: usize| -> f64 {
                    let pairs = rows[i * dim..][..dim].iter().zip(&rows[j * dim..][..dim]);
                    pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
                };
                assert!((product(&features, DIM) - product(&rows, m)).abs() < 1e-4, "{i} {j} of {m}");
            }
        }
    }

    /// The search in the small space ends where the one in the large space does.
    #[test]
    fn a_fit_is_that_of_the_rows_themselves() {
        let (features, labels) = (features(), [0, 1, 2, 0, 1, 2, 0, 1]);
        let basis = Basis::of(&features, DIM);
        for l2 in [1.0, 0.01] {
            let wanted = Rows::new(&features, DIM, &labels, 3).fit(l2, None, TOLERANCE);
            let fewer = basis.fit(&labels[..6], 3, l2, None);
            for start in [None, Some(&fewer), Some(&wanted)] {
                let found = basis.fit(&labels, 3, l2, start);
                let pairs = found.weight.iter().zip(&wanted.weight).chain(found.bias.iter().zip(&wanted.bias));
                let off = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(off < 2e-3, "l2 {l2}: {off}");
            }
        }
    }
}
