//! Which words fit where a text has masks.

use graftwork_model::{Adapter, Backbone, Batch, Head, Hidden};
use graftwork_tensor::ops::word_cross_entropy::SLICE;
use graftwork_tensor::{OnProgress, Tape};
use graftwork_text::Encoding;

use crate::predict::{Rows, predict};
use crate::tasks::masked_lm;
use crate::{Error, Result};

/// Masks whose logits are computed at once, a slice of the vocabulary at a time.
const BLOCK: usize = 64;

/// The most probable tokens for a mask with their probabilities, the most probable first, of equal ones the first token.
pub type Fills = Vec<(u32, f32)>;

/// The `top_k` most probable tokens for each masked place of each text, in order. `progress` gets the fraction done.
///
/// # Errors
/// If the adapter's head is for another task, a sequence is too long for the backbone, or the device fails.
pub async fn fill_masks(
    backbone: &Backbone,
    adapter: &Adapter,
    encodings: &[Encoding],
    top_k: usize,
    progress: &mut OnProgress<'_>,
) -> Result<Vec<Vec<Fills>>> {
    let head = adapter.head().ok_or(Error::NoHead)?;
    masked_lm::INFO.check(adapter.description().head.as_ref().ok_or(Error::NoHead)?)?;
    let output = |tape: &mut Tape, hidden: Hidden, batch: &Batch| {
        let features = head.features(tape, backbone, &hidden, batch);
        head.inner(tape, &features, 0.0)
    };
    let examples: Vec<&[Encoding]> = encodings.chunks(1).collect();
    let read = |_: usize, rows: Rows<'_>| rows.values.to_vec();
    let rows = predict(backbone, Some(adapter), &examples, (head.hidden_layers(), output), read, progress).await?;
    let mut fills = most_probable(backbone, head, &rows.concat(), top_k).await?.into_iter();
    Ok(encodings.iter().map(|one| fills.by_ref().take(one.masked.places.len()).collect()).collect())
}

/// Of rows that the table of words stands on, one behind the other.
async fn most_probable(backbone: &Backbone, head: &Head, rows: &[f32], top_k: usize) -> Result<Vec<Fills>> {
    let device = backbone.device();
    let words = head.words().ok_or(Error::NoHead)?;
    let width = words.table.cols();
    let mut found = Vec::with_capacity(rows.len() / width);
    for block in rows.chunks(BLOCK * width) {
        let n = block.len() / width;
        let x = device.tensor(n, width, block);
        let mut best: Vec<Best> = (0..n).map(|_| Best::default()).collect();
        for first in (0..words.table.rows()).step_by(SLICE) {
            let slice = first..words.table.rows().min(first + SLICE);
            let logits = device.read(&words.logits(device, &x, &slice)).await?;
            for (best, logits) in best.iter_mut().zip(logits.chunks(slice.len())) {
                best.add(first as u32, logits, top_k);
            }
        }
        found.extend(best.into_iter().map(Best::probabilities));
    }
    Ok(found)
}

/// The largest logits so far, and the sum of all: `total` times e to the largest.
#[derive(Default)]
struct Best {
    top: Vec<(u32, f32)>,
    total: f64,
}

impl Best {
    fn largest(&self) -> f64 {
        self.top.first().map_or(f64::NEG_INFINITY, |(_, logit)| f64::from(*logit))
    }

    fn add(&mut self, first: u32, logits: &[f32], top_k: usize) {
        let before = self.largest();
        for (word, logit) in (first..).zip(logits) {
            let least = self.top.last().map_or(f32::NEG_INFINITY, |(_, logit)| *logit);
            if self.top.len() < top_k.max(1) || *logit > least {
                let place = self.top.partition_point(|(_, other)| *other >= *logit);
                self.top.insert(place, (word, *logit));
                self.top.truncate(top_k.max(1));
            }
        }
        let largest = self.largest();
        let rescaled = if self.total > 0.0 { self.total * (before - largest).exp() } else { 0.0 };
        self.total = rescaled + logits.iter().map(|logit| (f64::from(*logit) - largest).exp()).sum::<f64>();
    }

    fn probabilities(self) -> Fills {
        let (largest, total) = (self.largest(), self.total);
        let probability = |logit: f32| ((f64::from(logit) - largest).exp() / total) as f32;
        self.top.into_iter().map(|(word, logit)| (word, probability(logit))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_no_boundary() {
        let logits: Vec<f32> = (0..100).map(|i| ((i * 37) % 51) as f32 / 10.0).collect();
        let total: f64 = logits.iter().map(|logit| f64::from(*logit).exp()).sum();
        let mut expected: Vec<(u32, f32)> = (0..).zip(logits.iter().copied()).collect();
        expected.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        for length in [1, 7, 33, 100] {
            let mut best = Best::default();
            for (slice, first) in logits.chunks(length).zip((0..).step_by(length)) {
                best.add(first, slice, 9);
            }
            for ((word, probability), (expected, logit)) in best.probabilities().into_iter().zip(&expected[..9]) {
                assert_eq!(word, *expected, "slices of {length}");
                assert!((f64::from(probability) - f64::from(*logit).exp() / total).abs() < 1e-7);
            }
        }
    }
}
