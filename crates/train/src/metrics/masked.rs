//! What a masked language model is worth.

use super::{Metrics, ratio};

/// Of pieces of (right, of, sum of losses): `masked_accuracy`, the share of masked tokens that are said right, which chooses;
/// `perplexity`, e to the mean loss.
pub fn of_masked(pieces: impl Iterator<Item = (usize, usize, f64)>) -> Metrics {
    let (right, of, loss) = pieces.fold((0, 0, 0.0), |(a, b, c), (right, of, loss)| (a + right, b + of, c + loss));
    let perplexity = (loss / of.max(1) as f64).exp();
    Metrics {
        values: vec![("masked_accuracy", ratio(right, of)), ("perplexity", perplexity)],
        classes: Vec::new(),
        counted: "tokens",
        confusion: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_all_tokens_and_not_over_texts() {
        let metrics = of_masked([(1, 1, 0.0), (1, 3, 4.0 * 2f64.ln())].into_iter());
        assert_eq!(metrics.values, [("masked_accuracy", 0.5), ("perplexity", 2.0)]);
        assert_eq!(of_masked([].into_iter()).score(), 0.0);
    }
}
