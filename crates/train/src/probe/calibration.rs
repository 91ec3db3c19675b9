//! Probabilities that can be taken at their word: temperature scaling (Guo et al., "On Calibration of Modern Neural
//! Networks", 2017), and how far they are from the truth.

use graftwork_tensor::Float;
use graftwork_text::order;

use crate::predict::argmax;

/// The best temperature lies between 1 / this and this.
const MOST: f64 = 10.0;
/// How far the logarithm of a temperature is from 0 before anything is known.
const DOUBT: f64 = 0.5;
/// Halvings of the interval of its logarithm: the rest is below 1e-12.
const HALVINGS: usize = 44;

/// The T for which `softmax(logits / T)` gives held-out truths the least cross-entropy, plus `(ln T / DOUBT)² / 2`: as if
/// T had been drawn about 1, with a logarithm of that standard deviation. Ten answers say little about T, and without it ten
/// of ten right would make every answer certain, ten no better than chance none; of hundreds it is hardly felt. `logits` are
/// row-major [n, C]. 1 without examples or with a single class.
pub fn temperature(logits: &[f32], classes: usize, labels: &[usize]) -> f64 {
    if labels.is_empty() || classes < 2 {
        return 1.0;
    }
    // By the logarithm of 1 / T: the mean logit under the model less that under the truth, and the pull towards 1.
    let slope = |log_inverse: f64| -> f64 {
        let inverse = Float::exp(log_inverse);
        let of_row = |(row, label): (&[f32], &usize)| {
            let expected: f64 = probabilities(row, inverse).iter().zip(row).map(|(p, z)| p * f64::from(*z)).sum();
            expected - f64::from(row[*label])
        };
        inverse * logits.chunks(classes).zip(labels).map(of_row).sum::<f64>() + log_inverse / (DOUBT * DOUBT)
    };
    let (mut low, mut high) = (-MOST.ln(), MOST.ln());
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        match slope(middle) < 0.0 {
            true => low = middle,
            false => high = middle,
        }
    }
    Float::exp(-0.5 * (low + high))
}

/// `softmax(row · inverse)`
fn probabilities(row: &[f32], inverse: f64) -> Vec<f64> {
    let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut out: Vec<f64> = row.iter().map(|z| Float::exp(inverse * f64::from(z - top))).collect();
    let total: f64 = out.iter().sum();
    out.iter_mut().for_each(|p| *p /= total);
    out
}

/// An answer and what became of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// The probability of the label that was given, the most probable one.
    pub confidence: f64,
    /// Whether it was the true one.
    pub right: bool,
}

/// The answers of logits, row-major [n, C], at a temperature.
pub fn outcomes(logits: &[f32], classes: usize, labels: &[usize], temperature: f64) -> Vec<Outcome> {
    let outcome = |(row, label): (&[f32], &usize)| {
        let given = argmax(row);
        Outcome { confidence: probabilities(row, 1.0 / temperature)[given], right: given == *label }
    };
    logits.chunks(classes.max(1)).zip(labels).map(outcome).collect()
}

/// How outcomes are grouped to compare confidence with truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bins {
    /// So many of equal width from 0 to 1; 15 in the paper.
    EqualWidth(usize),
    /// So many of equal numbers of outcomes. With few examples most bins of equal width hold one or two, and their
    /// frequencies say nothing.
    EqualMass(usize),
}

impl Bins {
    /// The paper's from 300 outcomes on; below, as many as have 20 each.
    pub fn for_outcomes(n: usize) -> Self {
        if n >= 300 { Self::EqualWidth(15) } else { Self::EqualMass((n / 20).max(1)) }
    }
}

/// The expected calibration error: the mean distance, over bins weighted by their outcomes, of how often answers are right
/// to how probable they said they were. 0 without outcomes.
pub fn expected_calibration_error(outcomes: &[Outcome], bins: Bins) -> f64 {
    let order = order(outcomes.len(), &|a, b| outcomes[a].confidence.total_cmp(&outcomes[b].confidence));
    let sorted: Vec<Outcome> = order.into_iter().map(|place| outcomes[place]).collect();
    let groups: Vec<&[Outcome]> = match bins {
        // As the paper: (0, 1/m], (1/m, 2/m], ...
        Bins::EqualWidth(m) => {
            let bin = |outcome: &Outcome| (outcome.confidence * m as f64).ceil() as usize;
            sorted.chunk_by(|a, b| bin(a) == bin(b)).collect()
        }
        Bins::EqualMass(m) => {
            let bound = |bin: usize| bin * sorted.len() / m.max(1);
            (0..m).map(|bin| &sorted[bound(bin)..bound(bin + 1)]).collect()
        }
    };
    let gap = |group: &[Outcome]| {
        let right = group.iter().filter(|outcome| outcome.right).count() as f64;
        (right - group.iter().map(|outcome| outcome.confidence).sum::<f64>()).abs()
    };
    groups.into_iter().map(gap).sum::<f64>() / outcomes.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_of_equal_mass_hold_equally_many() {
        let outcome = |(confidence, right)| Outcome { confidence, right };
        let four: Vec<Outcome> = [(0.9, true), (0.5, false), (0.6, true), (0.8, true)].map(outcome).into();
        // Of 0.5 and 0.6, one of two is right; of 0.8 and 0.9, both are.
        let by_mass = expected_calibration_error(&four, Bins::EqualMass(2));
        assert!((by_mass - (0.05 + 0.15) / 2.0).abs() < 1e-12, "{by_mass}");
        let at_once = expected_calibration_error(&four, Bins::EqualMass(1));
        assert!((at_once - 0.05).abs() < 1e-12, "{at_once}");
        assert_eq!(expected_calibration_error(&[], Bins::EqualMass(3)), 0.0);
        let bins = [5, 40, 299, 300].map(Bins::for_outcomes);
        assert_eq!(bins, [Bins::EqualMass(1), Bins::EqualMass(2), Bins::EqualMass(14), Bins::EqualWidth(15)]);
    }

    /// What says nothing leaves no certainty, and what is always right no certainty without end.
    #[test]
    fn temperatures_have_bounds() {
        assert_eq!((temperature(&[], 3, &[]), temperature(&[1.0], 1, &[0])), (1.0, 1.0));
        let right = temperature(&[3.0, 0.0, 0.0, 3.0, 3.0, 0.0], 2, &[0, 1, 0]);
        let wrong = temperature(&[3.0, 0.0, 0.0, 3.0], 2, &[1, 0]);
        assert!(right > 0.8 && right < 1.0 && wrong > 1.5 && wrong < 4.0, "{right} {wrong}");
        // The same answers a hundred times leave less doubt.
        let often = |logits: &[f32], labels: &[usize]| temperature(&logits.repeat(100), 2, &labels.repeat(100));
        assert!(often(&[3.0, 0.0, 0.0, 3.0], &[1, 0]) > 8.0 && often(&[3.0, 0.0, 0.0, 3.0], &[0, 1]) < 0.6);
    }
}
