//! A batch without padding.

use crate::{Encoding, Masked};

/// B sequences laid end to end as T tokens: no padding, hence no mask.
///
/// Sequence `i` is the half-open range `cu_seqlens[i]..cu_seqlens[i + 1]` of the three token vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedBatch {
    /// Token ids, `[T]`.
    pub ids: Vec<u32>,
    /// Position of each token in its own sequence, from 0, `[T]`.
    pub positions: Vec<u32>,
    /// Token type (segment) of each token, `[T]`.
    pub type_ids: Vec<u32>,
    /// Cumulative sequence lengths, `[B + 1]`: starts at 0 and ends at T.
    pub cu_seqlens: Vec<u32>,
    /// What a masked language model is asked about all of them: places among the T tokens.
    pub masked: Masked,
}

impl PackedBatch {
    /// Lays `encodings` end to end, in the order given.
    ///
    /// # Panics
    /// With 2^32 tokens or more in one batch; plan batches with [`crate::plan`], and that cannot happen.
    #[must_use]
    pub fn pack(encodings: &[&Encoding]) -> Self {
        let total: usize = encodings.iter().map(|encoding| encoding.len()).sum();
        let mut batch = Self {
            ids: Vec::with_capacity(total),
            positions: Vec::with_capacity(total),
            type_ids: Vec::with_capacity(total),
            cu_seqlens: Vec::with_capacity(encodings.len() + 1),
            masked: Masked::default(),
        };
        batch.cu_seqlens.push(0);
        for encoding in encodings {
            let start = batch.ids.len() as u32;
            batch.masked.places.extend(encoding.masked.places.iter().map(|place| start + place));
            batch.masked.truths.extend_from_slice(&encoding.masked.truths);
            batch.ids.extend_from_slice(&encoding.ids);
            batch.type_ids.extend_from_slice(&encoding.type_ids);
            batch.positions.extend((0u32..).take(encoding.len()));
            let end = u32::try_from(batch.ids.len()).expect("a batch holds fewer than 2^32 tokens");
            batch.cu_seqlens.push(end);
        }
        batch
    }

    /// T: the number of tokens in the batch.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.ids.len()
    }

    /// B: the number of sequences in the batch.
    #[must_use]
    pub fn sequences(&self) -> usize {
        self.cu_seqlens.len().saturating_sub(1)
    }

    /// Length of each sequence in tokens, `[B]`.
    pub fn lengths(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.cu_seqlens.windows(2).map(|ends| (ends[1] - ends[0]) as usize)
    }

    /// Length of the longest sequence in tokens; 0 for an empty batch.
    #[must_use]
    pub fn longest(&self) -> usize {
        self.lengths().max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding(ids: &[u32], type_ids: &[u32]) -> Encoding {
        Encoding { ids: ids.to_vec(), type_ids: type_ids.to_vec(), ..Encoding::default() }
    }

    #[test]
    fn packs_end_to_end() {
        let (a, b) = (encoding(&[5, 6, 7], &[0, 0, 1]), encoding(&[8, 9], &[0, 0]));
        let batch = PackedBatch::pack(&[&a, &b]);
        assert_eq!(batch.ids, [5, 6, 7, 8, 9]);
        assert_eq!(batch.positions, [0, 1, 2, 0, 1]);
        assert_eq!(batch.type_ids, [0, 0, 1, 0, 0]);
        assert_eq!(batch.cu_seqlens, [0, 3, 5]);
        assert_eq!((batch.tokens(), batch.sequences(), batch.longest()), (5, 2, 3));
        assert_eq!(batch.lengths().collect::<Vec<_>>(), [3, 2]);
    }

    #[test]
    fn places_are_those_in_the_batch() {
        let masked = |places: &[u32], truths: &[u32]| Masked { places: places.to_vec(), truths: truths.to_vec() };
        let a = Encoding { masked: masked(&[0, 2], &[8, 9]), ..encoding(&[5, 6, 7], &[0; 3]) };
        let b = Encoding { masked: masked(&[1], &[4]), ..encoding(&[5, 6], &[0; 2]) };
        assert_eq!(PackedBatch::pack(&[&a, &b]).masked, masked(&[0, 2, 4], &[8, 9, 4]));
    }

    #[test]
    fn an_empty_batch_is_well_formed() {
        let batch = PackedBatch::pack(&[]);
        assert_eq!(batch.cu_seqlens, [0]);
        assert_eq!((batch.tokens(), batch.sequences(), batch.longest()), (0, 0, 0));
    }
}
