//! How well a number tells two kinds apart.

/// The probability that one of `high` is above one of `low`, half of it where they are equal: the area under the ROC curve.
/// Not a number where there are none.
pub fn auroc(low: &[f64], high: &[f64]) -> f64 {
    let won = |low: f64, high: f64| if high > low { 1.0 } else { 0.5 * f64::from(u8::from(high == low)) };
    let pairs = high.iter().flat_map(|high| low.iter().map(move |low| won(*low, *high)));
    pairs.sum::<f64>() / (low.len() * high.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::auroc;

    #[test]
    fn it_counts_pairs_in_order() {
        assert_eq!(auroc(&[1.0, 2.0], &[3.0, 4.0]), 1.0);
        assert_eq!(auroc(&[1.0, 2.0], &[2.0, 0.0]), 0.375);
    }
}
