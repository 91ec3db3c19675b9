//! Which examples are held out together in cross-validation.

use graftwork_text::shuffled;

/// The fold of each example, from 0 to `k - 1`: stratified, so every fold gets its share of every label, and the folds
/// differ by one example at most. An example that is the only one of its label gets `k`, the fold that is never held
/// out: what it teaches cannot be judged without it. A function of its arguments alone, on every machine.
///
/// # Panics
/// If `k` is 0.
pub fn folds(labels: &[usize], k: usize, seed: u64) -> Vec<usize> {
    let mut folds = vec![k; labels.len()];
    let mut next = 0;
    for (label, members) in by_label(labels).iter().enumerate().filter(|(_, members)| members.len() > 1) {
        for place in shuffled(members.len(), seed, label as u64) {
            folds[members[place]] = next % k;
            next += 1;
        }
    }
    folds
}

/// How many folds a data set allows: five, but no more than the smallest label has examples, and two at least. Labels of
/// a single example do not count. None if there are only such.
pub fn fold_count(labels: &[usize]) -> Option<usize> {
    let smallest = by_label(labels).iter().map(Vec::len).filter(|members| *members > 1).min()?;
    Some(smallest.clamp(2, 5))
}

/// The examples of each label.
pub fn by_label(labels: &[usize]) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); labels.iter().max().map_or(0, |most| most + 1)];
    labels.iter().enumerate().for_each(|(example, label)| members[*label].push(example));
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fold_has_its_share_of_every_label() {
        // 11 of label 0, 7 of label 1, one of label 2, none of label 3, 4 of label 4.
        let sizes = [11, 7, 1, 0, 4];
        let labels: Vec<usize> = sizes.iter().enumerate().flat_map(|(label, n)| vec![label; *n]).collect();
        let found = folds(&labels, 4, 7);
        for (label, size) in sizes.into_iter().enumerate().filter(|(_, size)| *size > 1) {
            for fold in 0..4 {
                let count = labels.iter().zip(&found).filter(|pair| pair == &(&label, &fold)).count();
                assert!(count == size / 4 || count == size.div_ceil(4), "{count} of label {label} in fold {fold}");
            }
        }
        let in_fold = |fold| found.iter().filter(|own| **own == fold).count();
        assert_eq!([in_fold(0), in_fold(1), in_fold(2), in_fold(3), in_fold(4)], [6, 6, 5, 5, 1]);
        assert_eq!(found[18], 4, "the only one of its label is never held out");
        assert_ne!(found, folds(&labels, 4, 8));
    }

    #[test]
    fn there_are_as_many_folds_as_the_data_allows() {
        assert_eq!(fold_count(&[0, 0, 0, 1, 1, 1, 1, 2]), Some(3));
        assert_eq!(fold_count(&[0, 0, 1, 1, 1]), Some(2));
        assert_eq!(fold_count(&[0; 9]), Some(5));
        assert_eq!((fold_count(&[0, 1, 2]), fold_count(&[])), (None, None));
    }
}
