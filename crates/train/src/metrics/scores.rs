//! Metrics of numbers, with the definitions of scipy and scikit-learn.

use graftwork_text::order;

use super::Metrics;

/// Compares numbers with the true ones: `pearson` (scipy's `pearsonr`), which chooses, `spearmanr`, and the mean squared and
/// absolute errors `mse` and `mae`, where less is better. A correlation is 0 where all of one side are equal, which scipy
/// leaves undefined.
///
/// # Panics
/// If the lengths differ: a bug of the caller.
pub fn of_scores(truth: &[f32], predictions: &[f32]) -> Metrics {
    assert_eq!(truth.len(), predictions.len(), "one prediction for each truth");
    let [truth, found] = [truth, predictions].map(|side| side.iter().map(|v| f64::from(*v)).collect::<Vec<_>>());
    let error = |of: &dyn Fn(f64) -> f64| mean(truth.iter().zip(&found).map(|(t, f)| of(f - t)), truth.len());
    let values = vec![
        ("pearson", pearson(&truth, &found)),
        ("spearmanr", pearson(&ranks(&truth), &ranks(&found))),
        ("mse", error(&|e| e * e)),
        ("mae", error(&f64::abs)),
    ];
    Metrics { values, classes: Vec::new(), counted: "examples", confusion: None }
}

fn mean(values: impl Iterator<Item = f64>, count: usize) -> f64 {
    values.sum::<f64>() / count.max(1) as f64
}

fn pearson(a: &[f64], b: &[f64]) -> f64 {
    let centred = |side: &[f64]| {
        let middle = mean(side.iter().copied(), side.len());
        side.iter().map(|v| v - middle).collect::<Vec<_>>()
    };
    let (a, b) = (centred(a), centred(b));
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let scale = (product(&a, &a) * product(&b, &b)).sqrt();
    if scale > 0.0 { (product(&a, &b) / scale).clamp(-1.0, 1.0) } else { 0.0 }
}

/// The place of each value among all, from 1; equal ones share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let sorted = order(values.len(), &|a, b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for group in sorted.chunk_by(|a, b| values[*a] == values[*b]) {
        let end = start + group.len();
        group.iter().for_each(|index| ranks[*index] = (start + 1 + end) as f64 / 2.0);
        start = end;
    }
    ranks
}
