//! A step's batch in shares, whose gradients are computed by themselves and summed: so several can compute a step.
//!
//! How a batch is cut depends on the batch and the number of shares alone, and sums have the order of the shares. So whoever
//! computes them, the bytes are the same for as many shares; for other numbers they differ in rounding.

use std::ops::Range;

/// Tokens that a share has at least, roughly: fewer are not worth the way.
const LEAST_TOKENS: usize = 64;

/// A share of the batch of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Which training of the run, counted from 0: a recipe may have several.
    pub training: usize,
    /// Which step of it, from 1 on.
    pub step: usize,
    /// Which share, from 0 on.
    pub index: usize,
    /// Into how many at most the batch is cut.
    pub of: usize,
}

/// Cuts examples of so many tokens into at most so many shares of about as many tokens, none of them empty.
pub(crate) fn cut(tokens: &[usize], most: usize) -> Vec<Range<usize>> {
    let total: usize = tokens.iter().sum();
    let count = (total / LEAST_TOKENS).clamp(1, most.max(1));
    let (mut shares, mut before) = (vec![0..0; count], 0);
    for (place, own) in tokens.iter().enumerate() {
        // By the middle of each.
        let share = ((2 * before + own) * count / (2 * total.max(1))).min(count - 1);
        before += own;
        shares[share] = if shares[share].is_empty() { place..place + 1 } else { shares[share].start..place + 1 };
    }
    shares.retain(|share| !share.is_empty());
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_about_as_large_and_in_order() {
        assert_eq!(cut(&[24; 32], 2), [0..16, 16..32]);
        assert_eq!(cut(&[20; 10], 3), [0..3, 3..7, 7..10]);
        // One long example is one share, and what is little is not cut.
        assert_eq!(cut(&[10, 500, 10], 4), [0..1, 1..2, 2..3]);
        assert_eq!(cut(&[500], 4), [0..1]);
        assert_eq!(cut(&[20; 6], 4), [0..6]);
        assert_eq!(cut(&[20; 7], 4), [0..4, 4..7]);
        assert_eq!(cut(&[400, 20], 1), [0..2]);
        for seed in 1..200 {
            let tokens: Vec<usize> = (0..seed % 37 + 1).map(|i| 2 + (i * 7919 + seed * 31) % 120).collect();
            let shares = cut(&tokens, seed % 5);
            assert_eq!(shares.iter().cloned().flatten().collect::<Vec<_>>(), (0..tokens.len()).collect::<Vec<_>>());
            assert!(shares.len() <= (seed % 5).max(1));
        }
    }
}
