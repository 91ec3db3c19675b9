//! Which sequences share a batch.

use crate::order;

/// How large a batch may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchSize {
    /// At most this many sequences.
    Count(usize),
    /// At most this many tokens; a single longer sequence gets a batch of its own.
    Tokens(usize),
}

/// Cuts `order` into consecutive batches of indices, each as large as `size` allows.
///
/// `lengths[i]` is the length of sequence `i` in tokens and `order` holds the indices in the order they are to be
/// visited ([`crate::shuffled`] for training, [`by_length`] for inference). Every index of `order` lands in exactly
/// one batch, in order; no batch is empty. A size of 0 counts as 1.
///
/// # Panics
/// If `order` names an index beyond `lengths`.
#[must_use]
pub fn plan(lengths: &[usize], order: &[usize], size: BatchSize) -> Vec<Vec<usize>> {
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for (&index, begins) in order.iter().zip(beginnings(lengths, order, size)) {
        match batches.last_mut() {
            Some(batch) if !begins => batch.push(index),
            _ => batches.push(vec![index]),
        }
    }
    batches
}

/// How many batches [`plan`] makes.
///
/// # Panics
/// If `order` names an index beyond `lengths`.
#[must_use]
pub fn count_batches(lengths: &[usize], order: &[usize], size: BatchSize) -> usize {
    beginnings(lengths, order, size).filter(|begins| *begins).count()
}

/// Whether each sequence of `order` begins a batch.
fn beginnings(lengths: &[usize], order: &[usize], size: BatchSize) -> impl Iterator<Item = bool> {
    let (mut sequences, mut tokens) = (0, 0usize);
    order.iter().map(move |&index| {
        let length = lengths[index];
        let fits = match size {
            BatchSize::Count(most) => sequences < most,
            BatchSize::Tokens(most) => tokens.saturating_add(length) <= most,
        };
        let begins = sequences == 0 || !fits;
        (sequences, tokens) = if begins { (1, length) } else { (sequences + 1, tokens.saturating_add(length)) };
        begins
    })
}

/// All indices of `lengths`, longest first, equal lengths in input order: batches then hold similar lengths, and the
/// one that needs the most memory comes first.
#[must_use]
pub fn by_length(lengths: &[usize]) -> Vec<usize> {
    order(lengths.len(), &|a, b| lengths[b].cmp(&lengths[a]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTHS: [usize; 6] = [4, 9, 2, 2, 7, 1];

    #[test]
    fn by_count() {
        let batches = plan(&LENGTHS, &[0, 1, 2, 3, 4], BatchSize::Count(2));
        assert_eq!(batches, [vec![0, 1], vec![2, 3], vec![4]]);
    }

    #[test]
    fn by_tokens_fills_up_and_never_overflows() {
        let batches = plan(&LENGTHS, &[0, 1, 2, 3, 4, 5], BatchSize::Tokens(8));
        // 9 tokens exceed the budget: alone.
        assert_eq!(batches, [vec![0], vec![1], vec![2, 3], vec![4, 5]]);
        assert_eq!(count_batches(&LENGTHS, &[0, 1, 2, 3, 4, 5], BatchSize::Tokens(8)), 4);
        assert_eq!(plan(&LENGTHS, &[0, 2, 3], BatchSize::Tokens(8)), [vec![0, 2, 3]]);
    }

    #[test]
    fn a_size_of_zero_is_one() {
        for size in [BatchSize::Count(0), BatchSize::Tokens(0)] {
            assert_eq!(plan(&LENGTHS, &[1, 0], size), [vec![1], vec![0]]);
        }
        assert!(plan(&LENGTHS, &[], BatchSize::Count(3)).is_empty());
    }

    #[test]
    fn longest_first() {
        assert_eq!(by_length(&LENGTHS), [1, 4, 0, 2, 3, 5]);
    }
}
