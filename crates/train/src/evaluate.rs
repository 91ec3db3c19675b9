//! A task's metrics over many examples.

use graftwork_model::{Adapter, Backbone, Knowledge};
use graftwork_tensor::OnProgress;

use crate::metrics::Metrics;
use crate::predict::{Rows, Source, predict_head, predict_texts};
use crate::probe::{assess, familiar, knowledge, leave_one_out};
use crate::tasks::{Answer, Examples, Judged, Task, Thresholds};
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
    /// Where each example has one label: how well the probabilities fit that the adapter gives, at its temperature, and
    /// what thresholds would cost. The examples tell nothing of what is familiar.
    pub calibration: Option<Box<Knowledge>>,
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
    evaluate_on(backbone, adapter, (data, Source::new(data, None)), progress).await
}

/// The same, where batches come from elsewhere.
pub(crate) async fn evaluate_on(
    backbone: &Backbone,
    adapter: &Adapter,
    data: (&dyn Examples, Source<'_>),
    progress: &mut OnProgress<'_>,
) -> Result<Evaluation> {
    Ok(run(backbone, adapter, data, false, progress).await?.0)
}

/// The same with what the adapter is to know about its answers, of examples that it has not learned from; `None` where
/// examples do not have one label each.
///
/// # Errors
/// As [`evaluate`].
pub async fn calibrate(
    backbone: &Backbone,
    adapter: &Adapter,
    data: &dyn Examples,
    progress: &mut OnProgress<'_>,
) -> Result<(Evaluation, Option<Knowledge>)> {
    let (evaluation, texts) = run(backbone, adapter, (data, Source::new(data, None)), true, progress).await?;
    let knowledge = texts.and_then(|Texts { classes, logits, features, truth }| {
        let dim = features.len() / truth.len().max(1);
        let distances = leave_one_out(&features, dim, &truth);
        let familiar = distances.and_then(|distances| familiar(&features, dim, &truth, distances));
        knowledge(&logits, classes, &truth, familiar)
    });
    Ok((evaluation, knowledge))
}

/// The thresholds of an adapter at which its answers would be worth most on these examples, which it has not learned from: to
/// be kept in [`Metadata::thresholds`](graftwork_model::Metadata::thresholds), with what they are worth there. None if nothing is
/// decided by any.
///
/// # Errors
/// As [`evaluate`].
pub async fn choose_thresholds(
    backbone: &Backbone,
    adapter: &Adapter,
    data: &dyn Examples,
    choice: Thresholds,
    progress: &mut OnProgress<'_>,
) -> Result<(Vec<f64>, Metrics)> {
    let head = adapter.description().head.as_ref().ok_or(Error::NoHead)?;
    let mut task = data.for_head(head)?;
    let found = evaluate(backbone, adapter, data, progress).await?;
    let chosen = task.choose_thresholds(&found.answers, choice);
    task.set_thresholds(&chosen);
    let metrics = task.metrics(&found.answers);
    Ok((chosen, metrics))
}

/// What came out for texts of one label each.
struct Texts {
    classes: usize,
    logits: Vec<f32>,
    features: Vec<f32>,
    truth: Vec<usize>,
}

async fn run(
    backbone: &Backbone,
    adapter: &Adapter,
    (data, source): (&dyn Examples, Source<'_>),
    with_features: bool,
    progress: &mut OnProgress<'_>,
) -> Result<(Evaluation, Option<Texts>)> {
    let head = adapter.description().head.as_ref().ok_or(Error::NoHead)?;
    let mut task = data.for_head(head)?;
    task.set_thresholds(&adapter.description().metadata.thresholds);
    let Some(truth) = task.truth() else {
        let judge = |example, rows: Rows<'_>| task.judge(example, rows);
        let judged = predict_head(backbone, adapter, source, judge, progress).await?;
        return Ok((judgement(&*task, judged), None));
    };
    let judge = |example, logits: &[f32], features: &[f32]| {
        let judged = task.judge(example, Rows { values: logits, cols: logits.len() });
        (judged, logits.to_vec(), features.to_vec())
    };
    let found = predict_texts(backbone, adapter, source, with_features, judge, progress).await?;
    let mut texts = Texts { classes: head.num_labels, logits: Vec::new(), features: Vec::new(), truth };
    let one = |(judged, logits, features): (Judged, Vec<f32>, Vec<f32>)| {
        texts.logits.extend(logits);
        texts.features.extend(features);
        judged
    };
    let judged = found.into_iter().map(one).collect();
    let temperature = adapter.description().metadata.knowledge.as_ref().map_or(1.0, |known| known.temperature);
    let calibration = assess(&texts.logits, texts.classes, &texts.truth, temperature);
    Ok((Evaluation { calibration: Some(Box::new(calibration)), ..judgement(&*task, judged) }, Some(texts)))
}

fn judgement(task: &dyn Task, judged: Vec<Judged>) -> Evaluation {
    let positions: usize = judged.iter().map(|one| one.positions).sum();
    let loss = judged.iter().map(|one| one.loss).sum::<f64>() / positions.max(1) as f64;
    let answers: Vec<Answer> = judged.into_iter().map(|one| one.answer).collect();
    Evaluation { loss, metrics: task.metrics(&answers), answers, calibration: None }
}
