//! Learning from what another classifier says about the same examples: distillation (Hinton et al., "Distilling the Knowledge
//! in a Neural Network", 2015). The teacher may be a larger backbone's adapter; only its logits are needed.

use graftwork_model::{HeadConfig, HeadKind};
use graftwork_tensor::ops::distillation::{Distillation, distillation};
use graftwork_tensor::{Device, Tape, Tensor, Var};
use sha2::{Digest, Sha256};

use crate::tasks::{Loss, Targets};
use crate::{Error, Result};

/// A teacher's logits for examples, and how much they count: the loss is
/// `w T^2 KL(softmax(teacher / T) || softmax(student / T)) + (1 - w) cross-entropy`.
#[derive(Debug, Clone, PartialEq)]
pub struct Teacher {
    labels: Vec<String>,
    /// Row-major [n, C], as `labels` counts.
    logits: Vec<f32>,
    how: Distillation,
}

impl Teacher {
    /// What divides the logits where nobody chooses, T.
    pub const TEMPERATURE: f64 = 2.0;
    /// The teacher's part of the loss where nobody chooses, w.
    pub const WEIGHT: f64 = 0.5;

    /// From the names of the labels and a row of logits for each example, in the examples' order.
    ///
    /// # Errors
    /// If a row has more or fewer logits than there are labels, or one is not finite.
    pub fn new(labels: Vec<String>, rows: impl IntoIterator<Item = Vec<f32>>) -> Result<Self> {
        let mut logits = Vec::new();
        for (index, row) in rows.into_iter().enumerate() {
            if row.len() != labels.len() || !row.iter().all(|logit| logit.is_finite()) {
                return Err(unfit(format!("row {index} (from 0) must have {} finite numbers", labels.len())));
            }
            logits.extend(row);
        }
        let how = Distillation { temperature: Self::TEMPERATURE as f32, weight: Self::WEIGHT as f32 };
        Ok(Self { labels, logits, how })
    }

    /// T: the higher, the more the teacher's smaller probabilities count. Default 2.
    ///
    /// # Errors
    /// If it is not above 0.
    pub fn temperature(mut self, temperature: f64) -> Result<Self> {
        self.how.temperature = temperature as f32;
        if self.how.temperature > 0.0 && self.how.temperature.is_finite() {
            return Ok(self);
        }
        Err(Error::Setting { setting: "temperature", must: "be a number above 0".to_owned() })
    }

    /// w, the teacher's part of the loss: 0 is the labels alone, 1 the teacher alone. Default 0.5.
    ///
    /// # Errors
    /// If it is not from 0 to 1.
    pub fn weight(mut self, weight: f64) -> Result<Self> {
        self.how.weight = weight as f32;
        if (0.0..=1.0).contains(&weight) {
            return Ok(self);
        }
        Err(Error::Setting { setting: "distillation_weight", must: "be a number from 0 to 1".to_owned() })
    }

    /// How many examples it speaks of.
    #[must_use]
    pub fn count(&self) -> usize {
        self.logits.len() / self.labels.len().max(1)
    }

    /// What it says about some of the examples.
    #[must_use]
    pub fn subset(&self, chosen: &[usize]) -> Self {
        let logits = chosen.iter().flat_map(|example| self.row(*example)).copied().collect();
        Self { labels: self.labels.clone(), logits, how: self.how }
    }

    /// SHA-256 over labels, logits and how they count: it tells runs apart.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for label in &self.labels {
            hash.update((label.len() as u64).to_le_bytes());
            hash.update(label);
        }
        for number in self.logits.iter().chain([&self.how.temperature, &self.how.weight]) {
            hash.update(number.to_le_bytes());
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn row(&self, example: usize) -> &[f32] {
        &self.logits[example * self.labels.len()..][..self.labels.len()]
    }

    /// The same in the order of a head's labels, for so many examples.
    pub(crate) fn for_head(&self, head: &HeadConfig, examples: usize) -> Result<Self> {
        if head.kind != HeadKind::Classification {
            return Err(unfit("they are for texts with one label each".to_owned()));
        }
        if self.count() != examples {
            return Err(unfit(format!("they are for {} examples, and there are {examples}", self.count())));
        }
        let own = head.own_labels().unwrap_or(&self.labels);
        let place = |label: &String| {
            self.labels.iter().position(|known| known == label).ok_or_else(|| {
                unfit(format!(
                    "the teacher does not know the label `{label}`: its labels are {}",
                    self.labels.join(", ")
                ))
            })
        };
        let places = own.iter().map(place).collect::<Result<Vec<_>>>()?;
        if let Some(label) = self.labels.iter().find(|label| !own.contains(label)) {
            return Err(unfit(format!("the teacher has the label `{label}`, which the data has not")));
        }
        let row = |example| places.iter().map(move |place| self.row(example)[*place]);
        let logits = (0..examples).flat_map(row).collect();
        Ok(Self { labels: own.to_vec(), logits, how: self.how })
    }

    /// What some examples should give, beside what their labels say.
    pub(crate) fn targets<'t>(
        &self,
        device: &Device,
        labels: Box<dyn Targets + 't>,
        examples: &[usize],
    ) -> Box<dyn Targets + 't> {
        let rows: Vec<f32> = examples.iter().flat_map(|example| self.row(*example)).copied().collect();
        let logits = device.tensor(examples.len(), self.labels.len(), &rows);
        Box::new(Taught { labels, logits, how: self.how })
    }
}

fn unfit(problem: String) -> Error {
    Error::Teacher { problem }
}

/// Targets beside which a teacher speaks.
struct Taught<'t> {
    labels: Box<dyn Targets + 't>,
    logits: Tensor,
    how: Distillation,
}

impl Targets for Taught<'_> {
    fn loss(&self, tape: &mut Tape, output: &Var) -> Result<Loss> {
        let loss = self.labels.loss(tape, output)?;
        distillation(tape.device(), output.value(), &self.logits, self.how, &loss.gradient, &loss.shares);
        Ok(loss)
    }
}
