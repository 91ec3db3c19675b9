//! A step's batch in shares, whose gradients are computed by themselves and summed: so several can compute a step.
//!
//! How a batch is cut depends on the batch and the number of shares alone, and sums have the order of the shares. So whoever
//! computes them, the bytes are the same for as many shares; for other numbers they differ in rounding.

use std::ops::Range;

/// Tokens that a share has at least, roughly: fewer are not worth the way.
const LEAST_TOKENS: usize = 64;

/// The steps of a run that can be shared: from there on a step's number is not exact in an order.
const MOST_STEPS: usize = 1 << 24;

/// A share of the batch of a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    /// Which training of the run, counted from 0: a recipe may have several.
    pub training: usize,
    /// Which step of it, from 1 on.
    pub step: usize,
    /// Which share, from 0 on.
    pub index: usize,
    /// Into how many at most the batch is cut.
    pub of: usize,
}

impl Share {
    /// What is sent to whoever is to compute its gradient: the weights that learn, and then which share it is. None beyond the
    /// steps that can be shared.
    pub fn order(self, weights: &[f32]) -> Option<Vec<f32>> {
        let numbers = [self.training, self.step, self.index, self.of].map(|number| number as f32);
        (self.step < MOST_STEPS).then(|| [weights, &numbers].concat())
    }

    /// Reads an order.
    pub fn read(order: &[f32]) -> Option<(Self, &[f32])> {
        let (weights, numbers) = order.split_last_chunk::<4>()?;
        let [training, step, index, of] = numbers.map(|number| number as usize);
        Some((Self { training, step, index, of }, weights))
    }
}

/// Cuts examples, of which all have such lengths in tokens, into at most so many shares of about as many tokens, none of them
/// empty.
pub(crate) fn cut(examples: &[usize], lengths: &[usize], most: usize) -> Vec<Range<usize>> {
    let total: usize = examples.iter().map(|example| lengths[*example]).sum();
    let count = (total / LEAST_TOKENS).clamp(1, most.max(1));
    let mut shares = Vec::new();
    let (mut start, mut before) = (0, 0);
    // An example belongs where its middle is.
    let share = |before: usize, own: usize| (2 * before + own) * count / (2 * total.max(1));
    for (place, example) in examples.iter().enumerate() {
        let own = lengths[*example];
        let next = examples.get(place + 1).map(|next| share(before + own, lengths[*next]));
        if next != Some(share(before, own)) {
            shares.push(start..place + 1);
            start = place + 1;
        }
        before += own;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(lengths: &[usize], most: usize) -> Vec<Range<usize>> {
        // Backwards among all of them: examples are not where their lengths are.
        let examples: Vec<usize> = (0..lengths.len()).rev().collect();
        let all: Vec<usize> = lengths.iter().rev().copied().collect();
        super::cut(&examples, &all, most)
    }

    #[test]
    fn shares_are_about_as_large_and_in_order() {
        assert_eq!(cut(&[24; 32], 2), [0..16, 16..32]);
        assert_eq!(cut(&[20; 10], 3), [0..3, 3..7, 7..10]);
        // One long example is one share, and what is little is not cut.
        assert_eq!(cut(&[10, 500, 10], 4), [0..1, 1..2, 2..3]);
        assert_eq!(cut(&[500], 4).len(), 1);
        assert_eq!(cut(&[20; 6], 4).len(), 1);
        assert_eq!(cut(&[20; 7], 4), [0..3, 3..7]);
        assert_eq!(cut(&[400, 20], 1).len(), 1);
        for seed in 1..200 {
            let tokens: Vec<usize> = (0..seed % 37 + 1).map(|i| 2 + (i * 7919 + seed * 31) % 120).collect();
            let shares = cut(&tokens, seed % 5);
            assert_eq!(shares.iter().cloned().flatten().collect::<Vec<_>>(), (0..tokens.len()).collect::<Vec<_>>());
            assert!(shares.len() <= (seed % 5).max(1));
        }
    }
}
