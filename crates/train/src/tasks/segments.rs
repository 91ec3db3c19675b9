//! Which of the rows of a segment is right: the tokens of a sequence, the choices of an example.

use graftwork_tensor::ops::segment_cross_entropy::{segment_cross_entropy, segment_cross_entropy_cpu};
use graftwork_tensor::{Device, Indices, Tape, Var};

use super::{Loss, Targets};
use crate::predict::Rows;
use crate::{Error, Result};

/// Segments of the output's rows, and of each segment and column the row that is right.
#[derive(Debug)]
pub struct SegmentTargets {
    starts: Indices,
    labels: Indices,
    columns: usize,
    rows: usize,
}

impl SegmentTargets {
    /// Uploads the right rows of segments of so many rows each: `columns` numbers a segment, counted within it.
    ///
    /// # Panics
    /// If a segment is empty or does not have the row: on a GPU, another segment would be trained without a word.
    pub fn new(device: &Device, lengths: &[usize], labels: &[u32], columns: usize) -> Self {
        let starts = starts(lengths);
        let is_in = |(place, label): (usize, &u32)| (*label as usize) < lengths[place / columns];
        assert_eq!(labels.len(), lengths.len() * columns, "a label a segment and column");
        assert!(labels.iter().enumerate().all(is_in), "labels within their segments");
        let rows = lengths.iter().sum();
        Self { starts: device.indices(&starts), labels: device.indices(labels), columns, rows }
    }
}

impl Targets for SegmentTargets {
    /// The mean cross-entropy of softmaxes along the rows of each segment.
    fn loss(&self, tape: &mut Tape, output: &Var) -> Result<Loss> {
        let logits = output.value();
        if (logits.rows(), logits.cols()) != (self.rows, self.columns) {
            return Err(Error::LabelCount { labels: self.rows, rows: logits.rows() });
        }
        let device = tape.device();
        let gradient = device.empty(self.rows, self.columns);
        let shares = device.empty(1, self.labels.len());
        segment_cross_entropy(device, logits, (&self.starts, &self.labels), self.labels.len(), &gradient, &shares);
        Ok(Loss { root: output.clone(), gradient, shares })
    }
}

/// Where segments begin, and the last one ends.
fn starts(lengths: &[usize]) -> Vec<u32> {
    let mut starts = vec![0];
    starts.extend(lengths.iter().scan(0, |end, length| {
        *end += *length as u32;
        Some(*end)
    }));
    starts
}

/// The sum of the cross-entropies of an example's segments, in f64.
pub(super) fn cross_entropy_of(output: Rows<'_>, lengths: &[usize], labels: &[u32]) -> f64 {
    let wide: Vec<f64> = output.values.iter().map(|v| f64::from(*v)).collect();
    let mut loss = vec![0.0; labels.len()];
    segment_cross_entropy_cpu(&wide, &starts(lengths), labels, 1, &mut vec![0.0; wide.len()], &mut loss);
    loss.iter().sum()
}
