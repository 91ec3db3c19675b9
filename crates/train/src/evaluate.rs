//! Logits and metrics over many examples.

use graftwork_model::{Adapter, Backbone, Batch};
use graftwork_tensor::Tape;
use graftwork_tensor::ops::cross_entropy::cross_entropy_cpu;

use crate::examples::Examples;
use crate::metrics::Metrics;
use crate::predict::in_batches;
use crate::{Error, Result};

/// The logits of one batch, `[S][labels]`.
///
/// # Errors
/// If the adapter has no head, or the device fails.
pub async fn logits(backbone: &Backbone, adapter: &Adapter, batch: &Batch) -> Result<Vec<Vec<f32>>> {
    let head = adapter.head().ok_or(Error::NoHead)?;
    let mut tape = Tape::inference(backbone.device());
    let hidden = backbone.forward(&mut tape, batch, Some(adapter), 0.0)?;
    let logits = head.forward(&mut tape, backbone, &hidden, batch, 0.0);
    let values = backbone.device().read(logits.value()).await?;
    Ok(values.chunks(logits.value().cols()).map(<[f32]>::to_vec).collect())
}

/// What an evaluation found.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Mean cross-entropy.
    pub loss: f64,
    /// Accuracy, F1 and the rest.
    pub metrics: Metrics,
    /// The predicted label of each example, in input order.
    pub predictions: Vec<usize>,
}

/// Classifies every example and compares with its label; truth and predictions count labels as the head does. `progress`
/// gets the fraction done. Dropped between two batches, it leaves nothing behind.
///
/// # Errors
/// If the adapter has no head, its head lacks a label of the data, or the device fails.
pub async fn evaluate(
    backbone: &Backbone,
    adapter: &Adapter,
    examples: &Examples,
    progress: &mut dyn FnMut(f64),
) -> Result<Evaluation> {
    let head = adapter.description().head.as_ref().ok_or(Error::NoHead)?;
    let labels = examples.labels_for(head)?;
    let lengths = examples.lengths();
    let mut loss = 0.0;
    let predict = async |indices: &[usize]| {
        let batch = examples.batch(backbone, indices)?;
        let rows = logits(backbone, adapter, &batch).await?;
        for (row, i) in rows.iter().zip(indices) {
            loss += cross_entropy_of(row, labels[*i] as usize);
        }
        Ok(rows.iter().map(|row| argmax(row)).collect())
    };
    let predictions: Vec<usize> = in_batches(backbone, &lengths, predict, progress).await?;
    let truth: Vec<usize> = labels.iter().map(|label| *label as usize).collect();
    let metrics = Metrics::new(&truth, &predictions, head.num_labels);
    Ok(Evaluation { loss: loss / examples.len() as f64, metrics, predictions })
}

/// The first of the largest.
pub fn argmax(row: &[f32]) -> usize {
    row.iter().enumerate().fold(0, |best, (i, v)| if *v > row[best] { i } else { best })
}

/// Probabilities from logits.
pub fn softmax(row: &[f32]) -> Vec<f32> {
    let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exps: Vec<f32> = row.iter().map(|v| (v - top).exp()).collect();
    let total: f32 = exps.iter().sum();
    exps.iter().map(|e| e / total).collect()
}

fn cross_entropy_of(row: &[f32], label: usize) -> f64 {
    let wide: Vec<f64> = row.iter().map(|v| f64::from(*v)).collect();
    let mut loss = [0.0];
    cross_entropy_cpu(&wide, &[label as u32], row.len(), &mut vec![0.0; row.len()], &mut loss);
    loss[0]
}
