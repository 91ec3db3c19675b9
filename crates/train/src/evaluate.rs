//! A task's metrics over many examples.

use graftwork_model::{Adapter, Backbone};
use graftwork_tensor::OnProgress;

use crate::metrics::Metrics;
use crate::predict::{Rows, predict_head};
use crate::tasks::{Answer, Examples};
use crate::{Error, Result};

/// What an evaluation found.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Mean loss.
    pub loss: f64,
    /// What the task measures.
    pub metrics: Metrics,
    /// What was predicted for each example, in input order.
    pub answers: Vec<Answer>,
}

/// Predicts every example and compares with its truth. `progress` gets the fraction done. Dropped
/// between two batches, it leaves nothing behind.
///
/// # Errors
/// If the adapter has no head, its head is of another task or lacks a label of the data, or the device fails.
pub async fn evaluate(
    backbone: &Backbone,
    adapter: &Adapter,
    data: &dyn Examples,
    progress: &mut OnProgress<'_>,
) -> Result<Evaluation> {
    let task = data.for_head(adapter.description().head.as_ref().ok_or(Error::NoHead)?)?;
    let examples: Vec<_> = (0..data.len()).map(|example| data.sequences(example)).collect();
    let judge = |example, rows: Rows<'_>| task.judge(example, rows);
    let judged = predict_head(backbone, adapter, &examples, judge, progress).await?;
    let positions: usize = judged.iter().map(|one| one.positions).sum();
    let loss = judged.iter().map(|one| one.loss).sum::<f64>() / positions.max(1) as f64;
    let answers: Vec<Answer> = judged.into_iter().map(|one| one.answer).collect();
    Ok(Evaluation { loss, metrics: task.metrics(&answers), answers })
}
