//! Classification metrics, with scikit-learn's definitions.

/// Precision, recall and F1 of one class; 0 where a quotient is undefined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassMetrics {
    /// True positives over predictions of the class.
    pub precision: f64,
    /// True positives over examples of the class.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    /// Examples of the class.
    pub support: usize,
}

/// What predictions are worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    /// Fraction of correct predictions.
    pub accuracy: f64,
    /// Unweighted mean of F1 over the classes that occur in the truth or in the predictions.
    pub macro_f1: f64,
    /// Of every class.
    pub classes: Vec<ClassMetrics>,
    /// `confusion[truth][prediction]`
    pub confusion: Vec<Vec<usize>>,
}

impl Metrics {
    /// Compares predictions with the truth; all are below `classes`.
    ///
    /// # Panics
    /// If the lengths differ or a class is out of range: a bug of the caller.
    pub fn new(truth: &[usize], predictions: &[usize], classes: usize) -> Self {
        assert_eq!(truth.len(), predictions.len(), "one prediction an example");
        let mut confusion = vec![vec![0; classes]; classes];
        for (truth, prediction) in truth.iter().zip(predictions) {
            confusion[*truth][*prediction] += 1;
        }
        let ratio = |a: usize, b: usize| if b == 0 { 0.0 } else { a as f64 / b as f64 };
        let of_class = |class: usize| {
            let hits: usize = confusion[class][class];
            let support: usize = confusion[class].iter().sum();
            let predicted: usize = confusion.iter().map(|row| row[class]).sum();
            let f1 = ratio(2 * hits, support + predicted);
            ClassMetrics { precision: ratio(hits, predicted), recall: ratio(hits, support), f1, support }
        };
        let per_class: Vec<ClassMetrics> = (0..classes).map(of_class).collect();
        let occurs =
            |class: &usize| confusion[*class].iter().any(|n| *n > 0) || confusion.iter().any(|r| r[*class] > 0);
        let present: Vec<usize> = (0..classes).filter(occurs).collect();
        let sum: f64 = present.iter().map(|class| per_class[*class].f1).sum();
        let hits = (0..classes).map(|class| confusion[class][class]).sum();
        Self {
            accuracy: ratio(hits, truth.len()),
            macro_f1: if present.is_empty() { 0.0 } else { sum / present.len() as f64 },
            classes: per_class,
            confusion,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Metrics;

    /// The example of scikit-learn's `f1_score` documentation, and by hand.
    #[test]
    fn as_scikit_learn() {
        let m = Metrics::new(&[0, 1, 2, 0, 1, 2], &[0, 2, 1, 0, 0, 1], 3);
        assert!((m.macro_f1 - 0.266_666_666_666_666_7).abs() < 1e-12, "{}", m.macro_f1);
        assert!((m.accuracy - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(m.confusion, [[2, 0, 0], [1, 0, 1], [0, 2, 0]]);
        assert!((m.classes[0].precision - 2.0 / 3.0).abs() < 1e-12 && m.classes[0].recall == 1.0);
        assert_eq!((m.classes[1].f1, m.classes[1].support), (0.0, 2));
    }

    /// What scikit-learn 1.9.1 says with `zero_division=0` and `average="macro"`: a class that is never predicted, one
    /// that is only predicted, one that is neither.
    #[test]
    fn as_scikit_learn_where_quotients_are_undefined() {
        let truth = [0, 1, 2, 0, 1, 2, 3, 3, 1, 0, 0, 2];
        let m = Metrics::new(&truth, &[0, 2, 1, 0, 0, 1, 0, 0, 1, 0, 2, 4], 6);
        assert_eq!((m.accuracy, m.macro_f1), (1.0 / 3.0, 0.186_666_666_666_666_68));
        let of_class = |c: usize| (m.classes[c].precision, m.classes[c].recall, m.classes[c].f1, m.classes[c].support);
        assert_eq!(of_class(0), (0.5, 0.75, 0.6, 4));
        assert_eq!(of_class(1), (1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, 3));
        assert_eq!(
            (of_class(3), of_class(4), of_class(5)),
            ((0.0, 0.0, 0.0, 2), (0.0, 0.0, 0.0, 0), (0.0, 0.0, 0.0, 0))
        );
        assert_eq!(m.confusion[..3], [[3, 0, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0], [0, 2, 0, 0, 1, 0]]);

        let m = Metrics::new(&[0, 0, 0, 1], &[2, 2, 0, 2], 4);
        assert_eq!((m.accuracy, m.macro_f1, m.classes[0].recall), (0.25, 0.5 / 3.0, 1.0 / 3.0));
        assert_eq!(Metrics::new(&[1, 1], &[0, 0], 2).macro_f1, 0.0);
    }

    #[test]
    fn classes_that_never_occur_do_not_count() {
        let m = Metrics::new(&[0, 0], &[0, 0], 3);
        assert_eq!((m.accuracy, m.macro_f1), (1.0, 1.0));
        assert_eq!(Metrics::new(&[], &[], 2).macro_f1, 0.0);
    }
}
