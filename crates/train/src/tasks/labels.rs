//! What tasks with labels share: ids as the head counts them, and cross-entropy on the device and on the host.

use graftwork_model::HeadConfig;
use graftwork_tensor::ops::cross_entropy::{IGNORED, cross_entropy, cross_entropy_cpu};
use graftwork_tensor::{Device, Indices, Tape, Var};

use super::{Loss, Targets, TaskInfo};
use crate::{Error, Result};

/// The head's id of each label of the data. Data and head need not list their labels in the same order: names decide,
/// unless the head has none.
///
/// # Errors
/// If the head is of another task or does not know a label; `what` names the data.
pub(super) fn ids_for(head: &HeadConfig, info: &TaskInfo, what: &'static str, names: &[String]) -> Result<Vec<u32>> {
    info.check(head)?;
    let id = |(own, name): (usize, &String)| {
        let known = match head.own_labels() {
            Some(labels) => labels.iter().position(|label| label == name),
            None => Some(own).filter(|id| *id < head.num_labels),
        };
        known.map(|id| id as u32).ok_or_else(|| Error::OtherLabels {
            what,
            label: name.clone(),
            known: (0..head.num_labels).map(|id| head.label(id)).collect(),
        })
    };
    names.iter().enumerate().map(id).collect()
}

/// A label for each row of the output, or [`IGNORED`].
#[derive(Debug)]
pub struct LabelTargets {
    labels: Indices,
    counted: usize,
    largest: Option<u32>,
}

impl LabelTargets {
    /// Uploads labels, one a row of the head's output: a sequence or a token.
    pub fn new(device: &Device, labels: &[u32]) -> Self {
        let counted = || labels.iter().copied().filter(|label| *label != IGNORED);
        Self { labels: device.indices(labels), counted: counted().count(), largest: counted().max() }
    }

    fn check_count(&self, rows: usize) -> Result<()> {
        let labels = self.labels.len();
        if labels == rows { Ok(()) } else { Err(Error::LabelCount { labels, rows }) }
    }
}

impl Targets for LabelTargets {
    /// The mean cross-entropy over the rows that have a label.
    fn loss(&self, tape: &mut Tape, output: &Var) -> Result<Loss> {
        let logits = output.value();
        let (rows, classes) = (logits.rows(), logits.cols());
        self.check_count(rows)?;
        // On a GPU a label beyond the head would read another row's logits, and train without a word.
        if let Some(label) = self.largest.filter(|label| *label as usize >= classes) {
            return Err(Error::LabelOutOfRange { label, classes });
        }
        let device = tape.device();
        let (gradient, shares) = (device.empty(rows, classes), device.empty(1, rows));
        cross_entropy(device, logits, &self.labels, self.counted, &gradient, &shares);
        Ok(Loss { root: output.clone(), gradient, shares })
    }
}

/// The cross-entropy of one row of logits, in f64.
pub(crate) fn cross_entropy_of(row: &[f32], label: u32) -> f64 {
    let wide: Vec<f64> = row.iter().map(|v| f64::from(*v)).collect();
    let mut loss = [0.0];
    cross_entropy_cpu(&wide, &[label], 1, &mut vec![0.0; row.len()], &mut loss);
    loss[0]
}
