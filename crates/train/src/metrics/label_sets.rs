//! Metrics of texts with several labels, with scikit-learn's definitions for label indicators.

use super::{ClassMetrics, Metrics, ratio};

/// Compares sets of labels with the true ones, all below the number of `names`. `f1_micro`, over all decisions together,
/// chooses; `f1_macro` is the unweighted mean of F1 over all labels, 0 for those that never occur; `subset_accuracy` is how
/// many texts have exactly their labels, scikit-learn's `accuracy_score`.
///
/// # Panics
/// If the lengths differ or a label is out of range: a bug of the caller.
pub fn of_label_sets(truth: &[Vec<usize>], predictions: &[Vec<usize>], names: &[String]) -> Metrics {
    assert_eq!(truth.len(), predictions.len(), "one prediction for each truth");
    let (mut hits, mut support, mut predicted) = (vec![0; names.len()], vec![0; names.len()], vec![0; names.len()]);
    let mut exact = 0;
    for (truth, found) in truth.iter().zip(predictions) {
        truth.iter().for_each(|label| support[*label] += 1);
        found.iter().for_each(|label| predicted[*label] += 1);
        let right = found.iter().filter(|label| truth.contains(label));
        let count = right.map(|label| hits[*label] += 1).count();
        exact += usize::from(count == truth.len() && count == found.len());
    }
    let of_label = |(label, name): (usize, &String)| {
        ClassMetrics::new(name.clone(), hits[label], predicted[label], support[label])
    };
    let classes: Vec<ClassMetrics> = names.iter().enumerate().map(of_label).collect();
    let sum = |counts: &[usize]| counts.iter().sum::<usize>();
    let f1_micro = ratio(2 * sum(&hits), sum(&support) + sum(&predicted));
    let f1_macro = classes.iter().map(|class| class.f1).sum::<f64>() / names.len().max(1) as f64;
    let values = vec![("f1_micro", f1_micro), ("f1_macro", f1_macro), ("subset_accuracy", ratio(exact, truth.len()))];
    Metrics { values, classes, counted: "examples", confusion: None }
}
