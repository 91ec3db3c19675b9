//! What logistic regression minimises: `sum of cross-entropies + l2 / 2 · |W|²`.

use graftwork_tensor::{Float, Matrix, cpu_gemm};

use super::lbfgs::Function;

/// The objective over some rows. Its variables are W, row-major [C, D], then b `[C]`.
pub(super) struct Objective<'a, F> {
    /// Row-major [n, D].
    pub rows: &'a [F],
    pub dim: usize,
    pub labels: &'a [usize],
    pub classes: usize,
    pub l2: f64,
    /// How large an element of the gradient may be at the end, for each example.
    pub tolerance: f64,
}

impl<F: Float> Objective<'_, F> {
    /// Logits, row-major [n, C].
    fn logits(&self, x: &[f64]) -> Vec<F> {
        let (weight, bias) = x.split_at(self.classes * self.dim);
        let weight: Vec<F> = weight.iter().map(|v| F::of(*v)).collect();
        let bias: Vec<F> = bias.iter().map(|v| F::of(*v)).collect();
        let mut logits: Vec<F> = self.labels.iter().flat_map(|_| bias.iter().copied()).collect();
        cpu_gemm(F::of(1.0), self.matrix(), Matrix::new(&weight, self.classes, self.dim).t(), true, &mut logits);
        logits
    }

    fn matrix(&self) -> Matrix<'_, F> {
        Matrix::new(self.rows, self.labels.len(), self.dim)
    }
}

impl<F: Float> Function for Objective<'_, F> {
    fn evaluate(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let mut rows = self.logits(x);
        let mut value = 0.0;
        let (by_weight, by_bias) = gradient.split_at_mut(self.classes * self.dim);
        by_bias.fill(0.0);
        for (row, label) in rows.chunks_mut(self.classes).zip(self.labels) {
            // In place: logits become probabilities, then the derivative by the logits.
            value -= row[*label].to_f64();
            let top = row.iter().copied().fold(row[0], F::max);
            row.iter_mut().for_each(|logit| *logit = (*logit - top).exp());
            let total: f64 = row.iter().map(|e| e.to_f64()).sum();
            value += top.to_f64() + Float::ln(total);
            row.iter_mut().for_each(|e| *e = *e / F::of(total));
            row[*label] = row[*label] - F::of(1.0);
            by_bias.iter_mut().zip(row).for_each(|(sum, by_logit)| *sum += by_logit.to_f64());
        }
        let mut product = vec![F::default(); by_weight.len()];
        let by_logits = Matrix::new(&rows, self.labels.len(), self.classes);
        cpu_gemm(F::of(1.0), by_logits.t(), self.matrix(), false, &mut product);
        for ((by_weight, product), w) in by_weight.iter_mut().zip(product).zip(x) {
            *by_weight = product.to_f64() + self.l2 * w;
            value += 0.5 * self.l2 * w * w;
        }
        value
    }

    /// The Hessian's diagonal where all classes are equally probable.
    fn scales(&self) -> Vec<f64> {
        let share = 1.0 / self.classes as f64;
        let curvature = share * (1.0 - share);
        let mut squares = vec![0.0; self.dim];
        for row in self.rows.chunks(self.dim.max(1)) {
            squares.iter_mut().zip(row).for_each(|(sum, v)| *sum += v.to_f64() * v.to_f64());
        }
        let weights: Vec<f64> = squares.iter().map(|square| 1.0 / (curvature * square + self.l2)).collect();
        let mut scales = weights.repeat(self.classes);
        scales.extend(vec![1.0 / (curvature * self.labels.len() as f64).max(f64::MIN_POSITIVE); self.classes]);
        scales
    }

    fn tolerance(&self) -> f64 {
        self.tolerance * self.labels.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_that_of_the_value() {
        let wave = |i: usize| (1.7 * i as f64 + 0.3).sin();
        let rows: Vec<f64> = (0..7 * 4).map(wave).collect();
        let labels = [0, 2, 1, 1, 0, 2, 2];
        let objective = Objective { rows: &rows, dim: 4, labels: &labels, classes: 3, l2: 0.3, tolerance: 1e-6 };
        let x: Vec<f64> = (0..3 * 5).map(|i| 2.0 * wave(i + 100)).collect();
        let mut gradient = vec![0.0; x.len()];
        objective.evaluate(&x, &mut gradient);
        for i in 0..x.len() {
            let at = |step: f64| {
                let mut moved = x.clone();
                moved[i] += step;
                objective.evaluate(&moved, &mut vec![0.0; x.len()])
            };
            let by_difference = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!((gradient[i] - by_difference).abs() < 1e-8, "variable {i}: {} {by_difference}", gradient[i]);
        }
    }
}
