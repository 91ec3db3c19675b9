//! How far texts lie from what was learned; what is measured is with [`Familiar`].

use graftwork_model::Familiar;
use graftwork_text::order;

use super::lbfgs::dot;

/// The share of texts of the kind that was learned that may be called unfamiliar.
const FALSE_ALARMS: f64 = 0.05;
/// The fewest distances that a limit is taken from.
const FEWEST: usize = 19;

/// The distance of each row of features, row-major [n, D], to the nearest class, where the row itself is no part of its
/// class: what the distance of a new text of the same kind may be. An example that is the only one of its label is compared
/// with the other labels. `None` if there is nothing to compare one with.
pub fn leave_one_out(features: &[f32], dim: usize, labels: &[usize]) -> Option<Vec<f64>> {
    let rows = unit_rows(features, dim);
    let sums = class_sums(&rows, dim, labels);
    let squares: Vec<f64> = sums.iter().map(|(sum, _)| dot(sum, sum)).collect();
    let of_row = |(row, own): (&[f64], &usize)| {
        let cosine = |(class, (sum, count)): (usize, &(Vec<f64>, usize))| {
            let is_own = usize::from(class == *own);
            if *count == is_own {
                return None;
            }
            // The sum without the row: both are known without computing it.
            let product = dot(row, sum) - is_own as f64 * dot(row, row);
            let square = squares[class] - is_own as f64 * (2.0 * dot(row, sum) - dot(row, row));
            Some(product / square.max(f64::MIN_POSITIVE).sqrt())
        };
        Some(1.0 - sums.iter().enumerate().filter_map(cosine).reduce(f64::max)?)
    };
    rows.chunks(dim.max(1)).zip(labels).map(of_row).collect()
}

/// What texts of these features and labels make familiar, where `distances` of texts that were not learned from say what is
/// usual: the limit is the least that at most one new text in twenty of their kind lies beyond, by the rank that split
/// conformal prediction takes (Vovk et al., "Algorithmic Learning in a Random World", 2005). `None` of fewer than nineteen:
/// one in twenty could not be promised.
pub fn familiar(features: &[f32], dim: usize, labels: &[usize], distances: Vec<f64>) -> Option<Familiar> {
    if distances.len() < FEWEST {
        return None;
    }
    let distances = sorted(&distances);
    let rank = ((distances.len() + 1) as f64 * (1.0 - FALSE_ALARMS)).ceil() as usize;
    let limit = distances[rank.min(distances.len()) - 1];
    let sums = class_sums(&unit_rows(features, dim), dim, labels);
    let means: Vec<f32> = sums.iter().filter(|(_, n)| *n > 0).flat_map(|(sum, _)| sum).map(|v| *v as f32).collect();
    Some(Familiar::new(limit, dim, &means))
}

/// From the smallest on.
pub(super) fn sorted(values: &[f64]) -> Vec<f64> {
    order(values.len(), &|a, b| values[a].total_cmp(&values[b])).into_iter().map(|place| values[place]).collect()
}

/// The distance of each of some rows, row-major [m, D], to the nearest class of others, row-major [n, D], and their labels.
pub fn distances(rows: &[f32], learned: &[f32], dim: usize, labels: &[usize]) -> Vec<f64> {
    let sums = class_sums(&unit_rows(learned, dim), dim, labels);
    let cosine = |row: &[f64], sum: &[f64]| dot(row, sum) / dot(sum, sum).max(f64::MIN_POSITIVE).sqrt();
    let distance = |row: &[f64]| {
        let cosines = sums.iter().filter(|(_, count)| *count > 0).map(|(sum, _)| cosine(row, sum));
        1.0 - cosines.fold(-1.0, f64::max)
    };
    unit_rows(rows, dim).chunks(dim.max(1)).map(distance).collect()
}

fn unit_rows(features: &[f32], dim: usize) -> Vec<f64> {
    let unit = |row: &[f32]| {
        let row: Vec<f64> = row.iter().map(|v| f64::from(*v)).collect();
        let length = dot(&row, &row).sqrt().max(f64::MIN_POSITIVE);
        row.into_iter().map(move |v| v / length)
    };
    features.chunks(dim.max(1)).flat_map(unit).collect()
}

/// The sum of each class's rows, and how many there are.
fn class_sums(rows: &[f64], dim: usize, labels: &[usize]) -> Vec<(Vec<f64>, usize)> {
    let classes = labels.iter().max().map_or(0, |most| most + 1);
    let mut sums = vec![(vec![0.0; dim], 0); classes];
    for (row, label) in rows.chunks(dim.max(1)).zip(labels) {
        let (sum, count) = &mut sums[*label];
        sum.iter_mut().zip(row).for_each(|(sum, v)| *sum += v);
        *count += 1;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the centroids of the others, each computed anew.
    #[test]
    fn nobody_is_compared_with_himself() {
        let dim = 3;
        let features: Vec<f32> = (0..7 * dim).map(|i| (2.3 * i as f32).sin() + 0.2).collect();
        let labels = [0, 0, 1, 1, 1, 0, 2];
        let found = leave_one_out(&features, dim, &labels).unwrap();
        for (i, found) in found.iter().enumerate() {
            let others: Vec<usize> = (0..7).filter(|other| *other != i).collect();
            let rows: Vec<f32> = others.iter().flat_map(|j| &features[j * dim..][..dim]).copied().collect();
            let own_labels: Vec<usize> = others.iter().map(|j| labels[*j]).collect();
            let familiar = familiar(&rows, dim, &own_labels, vec![1.0; 19]).unwrap();
            let wanted = familiar.distance(&features[i * dim..][..dim]);
            assert!((found - wanted).abs() < 2e-3, "{found} instead of {wanted}");
        }
        assert_eq!(leave_one_out(&features[..dim], dim, &[0]), None);
    }

    #[test]
    fn the_limit_leaves_one_in_twenty_outside() {
        let limit = |n: usize| {
            let distances = (1..=n).rev().map(|i| i as f64 / n as f64).collect();
            familiar(&[1.0, 0.0], 2, &[0], distances).map(|familiar| familiar.limit)
        };
        assert_eq!((limit(0), limit(18)), (None, None));
        // The 96th of 100: ceil(101 * 0.95).
        assert_eq!((limit(19), limit(100)), (Some(1.0), Some(0.96)));
    }

    #[test]
    fn classes_without_texts_have_no_centroid() {
        let found = familiar(&[1.0, 0.0, 0.0, 2.0], 2, &[0, 2], vec![0.5; 19]).unwrap();
        assert_eq!(found.centroids, [1.0, 0.0, 0.0, 1.0]);
    }
}
