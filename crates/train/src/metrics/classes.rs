//! Classification metrics, with scikit-learn's definitions.

use super::{ClassMetrics, Confusion, Metrics, ratio};

/// Compares predicted classes with the true ones; all are below the number of `labels`. `accuracy` chooses; `macro_f1` is
/// the unweighted mean of F1 over the classes that occur in the truth or in the predictions.
///
/// # Panics
/// If the lengths differ or a class is out of range: a bug of the caller.
pub fn of_classes(truth: &[usize], predictions: &[usize], labels: &[String], counted: &'static str) -> Metrics {
    assert_eq!(truth.len(), predictions.len(), "one prediction for each truth");
    let confusion = Confusion::new(truth.iter().copied().zip(predictions.iter().copied()), labels.len());
    let (mut hits, mut support, mut predicted) = (vec![0; labels.len()], vec![0; labels.len()], vec![0; labels.len()]);
    for (truth, prediction, count) in confusion.pairs() {
        support[truth] += count;
        predicted[prediction] += count;
        if truth == prediction {
            hits[truth] += count;
        }
    }
    let of_class = |(class, label): (usize, &String)| {
        ClassMetrics::new(label.clone(), hits[class], predicted[class], support[class])
    };
    let classes: Vec<ClassMetrics> = labels.iter().enumerate().map(of_class).collect();
    let present: Vec<usize> = (0..labels.len()).filter(|&class| support[class] + predicted[class] > 0).collect();
    let sum: f64 = present.iter().map(|&class| classes[class].f1).sum();
    let macro_f1 = if present.is_empty() { 0.0 } else { sum / present.len() as f64 };
    let accuracy = ratio(hits.iter().sum(), truth.len());
    Metrics {
        values: vec![("accuracy", accuracy), ("macro_f1", macro_f1)],
        classes,
        counted,
        confusion: Some(confusion),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(truth: &[usize], predictions: &[usize], classes: usize) -> Metrics {
        let labels: Vec<String> = (0..classes).map(|class| class.to_string()).collect();
        of_classes(truth, predictions, &labels, "examples")
    }

    fn accuracy_and_f1(m: &Metrics) -> (f64, f64) {
        (m.get("accuracy").unwrap(), m.get("macro_f1").unwrap())
    }

    /// The example of scikit-learn's `f1_score` documentation, and by hand.
    #[test]
    fn as_scikit_learn() {
        let m = compared(&[0, 1, 2, 0, 1, 2], &[0, 2, 1, 0, 0, 1], 3);
        let (accuracy, macro_f1) = accuracy_and_f1(&m);
        assert!((macro_f1 - 0.266_666_666_666_666_7).abs() < 1e-12, "{macro_f1}");
        assert!((accuracy - 1.0 / 3.0).abs() < 1e-12 && m.score() == accuracy);
        assert_eq!(m.confusion.unwrap().dense().unwrap(), [[2, 0, 0], [1, 0, 1], [0, 2, 0]]);
        assert!((m.classes[0].precision - 2.0 / 3.0).abs() < 1e-12 && m.classes[0].recall == 1.0);
        assert_eq!((m.classes[1].f1, m.classes[1].support), (0.0, 2));
    }

    /// What scikit-learn 1.9.1 says with `zero_division=0` and `average="macro"`: a class that is never predicted, one
    /// that is only predicted, one that is neither.
    #[test]
    fn as_scikit_learn_where_quotients_are_undefined() {
        let truth = [0, 1, 2, 0, 1, 2, 3, 3, 1, 0, 0, 2];
        let m = compared(&truth, &[0, 2, 1, 0, 0, 1, 0, 0, 1, 0, 2, 4], 6);
        assert_eq!(accuracy_and_f1(&m), (1.0 / 3.0, 0.186_666_666_666_666_68));
        let of_class = |c: usize| (m.classes[c].precision, m.classes[c].recall, m.classes[c].f1, m.classes[c].support);
        assert_eq!(of_class(0), (0.5, 0.75, 0.6, 4));
        assert_eq!(of_class(1), (1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, 3));
        assert_eq!(
            (of_class(3), of_class(4), of_class(5)),
            ((0.0, 0.0, 0.0, 2), (0.0, 0.0, 0.0, 0), (0.0, 0.0, 0.0, 0))
        );
        let confusion = m.confusion.as_ref().unwrap().dense().unwrap();
        assert_eq!(confusion[..3], [[3, 0, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0], [0, 2, 0, 0, 1, 0]]);

        let m = compared(&[0, 0, 0, 1], &[2, 2, 0, 2], 4);
        assert_eq!((accuracy_and_f1(&m), m.classes[0].recall), ((0.25, 0.5 / 3.0), 1.0 / 3.0));
        assert_eq!(accuracy_and_f1(&compared(&[1, 1], &[0, 0], 2)).1, 0.0);
    }

    #[test]
    fn classes_that_never_occur_do_not_count() {
        assert_eq!(accuracy_and_f1(&compared(&[0, 0], &[0, 0], 3)), (1.0, 1.0));
        assert_eq!(accuracy_and_f1(&compared(&[], &[], 2)), (0.0, 0.0));
    }
}
