//! Which labels were taken for which, in memory that the examples bound and not the square of the labels.

use std::collections::BTreeMap;

use graftwork_text::order;

/// The pairs of truth and prediction that occur, with their counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    counts: BTreeMap<(usize, usize), usize>,
}

impl Confusion {
    /// The most classes of which there is a whole matrix.
    pub const MAX_DENSE: usize = 256;

    /// Counts pairs of classes below `classes`.
    ///
    /// # Panics
    /// If a class is out of range: a bug of the caller.
    pub fn new(pairs: impl IntoIterator<Item = (usize, usize)>, classes: usize) -> Self {
        let mut counts = BTreeMap::new();
        for (truth, prediction) in pairs {
            assert!(truth < classes && prediction < classes, "a class below {classes}");
            *counts.entry((truth, prediction)).or_insert(0) += 1;
        }
        Self { classes, counts }
    }

    /// `(truth, prediction, count)` of every pair that occurs, in their order.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.counts.iter().map(|(&(truth, prediction), &count)| (truth, prediction, count))
    }

    /// The whole matrix, `[truth][prediction]`, for at most [`Confusion::MAX_DENSE`] classes.
    pub fn dense(&self) -> Option<Vec<Vec<usize>>> {
        if self.classes > Self::MAX_DENSE {
            return None;
        }
        let mut rows = vec![vec![0; self.classes]; self.classes];
        self.pairs().for_each(|(truth, prediction, count)| rows[truth][prediction] = count);
        Some(rows)
    }

    /// The `most` most frequent mistakes, the most frequent first.
    pub fn mistakes(&self, most: usize) -> Vec<(usize, usize, usize)> {
        let mistakes: Vec<_> = self.pairs().filter(|(truth, prediction, _)| truth != prediction).collect();
        let order = order(mistakes.len(), &|a, b| mistakes[b].2.cmp(&mistakes[a].2));
        order.into_iter().take(most).map(|place| mistakes[place]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Confusion;

    #[test]
    fn memory_follows_the_examples() {
        let few = Confusion::new([(0, 1), (2, 2), (0, 1), (1, 0)], 3);
        assert_eq!(few.dense().unwrap(), [[0, 2, 0], [1, 0, 0], [0, 0, 1]]);
        assert_eq!(few.mistakes(1), [(0, 1, 2)]);
        // A matrix of this would take 80 GB.
        let many = Confusion::new((0..100_000).map(|i| (i, 99_999 - i)), 100_000);
        assert_eq!((many.dense(), many.mistakes(3).len(), many.pairs().count()), (None, 3, 100_000));
    }
}
