//! A number for each text, or for two that belong together, such as how similar they are: one output a text, squared error,
//! correlation.

use std::sync::LazyLock;

use graftwork_model::{HeadConfig, HeadKind};
use graftwork_tensor::Device;
use graftwork_text::{Encoding, ScoredDataset};

use super::numbers::{ElementLoss, NumberTargets};
use super::texts::{self, Windows};
use super::{Answer, Examples, Judged, Labelled, LongReading, Targets, Task, TaskInfo, Tokenizing};
use crate::metrics::{Metrics, of_scores};
use crate::predict::Rows;
use crate::{Result, Warning};

/// Its row in the table.
pub static INFO: TaskInfo = TaskInfo {
    name: "regression",
    head: HeadKind::Regression,
    heads: &[],
    new_head: |name, labels| HeadConfig::flex(HeadKind::Regression, name, labels),
    fewest_labels: 1,
    lr: 2e-3,
    reads: LongReading::IfChosen,
    #[cfg(not(target_family = "wasm"))]
    read: |path, options| Ok(Box::new(ScoredDataset::from_path(path, options)?)),
};

/// What the one output of a head is called in its files.
static LABELS: LazyLock<Vec<String>> = LazyLock::new(|| vec!["score".to_owned()]);

/// Texts with their numbers.
#[derive(Debug, Clone)]
pub struct Regression {
    texts: Windows,
    scores: Vec<f32>,
}

/// The number of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// The number, as the training data had it.
    pub score: f32,
    /// Why to take it with care.
    pub warnings: Vec<Warning>,
}

impl Labelled for ScoredDataset {
    fn labels(&self) -> &[String] {
        &LABELS
    }

    fn encode(&self, how: &Tokenizing<'_>) -> Result<Box<dyn Examples>> {
        let texts = self.examples.iter().map(|example| &example.text);
        let texts = texts::encode(texts, how)?;
        let scores = self.examples.iter().map(|example| example.score).collect();
        Ok(Box::new(Regression::new(how.what, texts, scores)?))
    }

    fn digest(&self, add: &mut dyn FnMut(&[u8])) {
        for example in &self.examples {
            example.text.digest(add);
            add(&example.score.to_le_bytes());
        }
    }
}

impl Regression {
    /// Pairs texts, each of one or more sequences, with their numbers; `what` names the data in messages.
    ///
    /// # Errors
    /// If there are none, one has no sequence, or one has no number.
    pub fn new(what: &'static str, texts: Windows, scores: Vec<f32>) -> Result<Self> {
        texts::check(what, &texts, scores.len())?;
        Ok(Self { texts, scores })
    }
}

impl Examples for Regression {
    fn subset(&self, _: &'static str, chosen: &[usize]) -> Box<dyn Examples> {
        Box::new(Self { texts: texts::some(&self.texts, chosen), scores: texts::some(&self.scores, chosen) })
    }

    fn info(&self) -> &'static TaskInfo {
        &INFO
    }

    fn len(&self) -> usize {
        self.texts.len()
    }

    fn sequences(&self, example: usize) -> &[Encoding] {
        &self.texts[example]
    }

    fn for_head(&self, head: &HeadConfig) -> Result<Box<dyn Task + '_>> {
        INFO.check(head)?;
        Ok(Box::new(ForHead(&self.scores)))
    }
}

struct ForHead<'a>(&'a [f32]);

impl Task for ForHead<'_> {
    fn targets(&self, device: &Device, examples: &[usize]) -> Box<dyn Targets> {
        Box::new(NumberTargets::new(device, ElementLoss::SquaredError, 1, &texts::some(self.0, examples)))
    }

    fn judge(&self, example: usize, output: Rows<'_>) -> Judged {
        let found = output.row(0);
        let loss = ElementLoss::SquaredError.of(found, &self.0[example..=example]);
        Judged { answer: Answer::Scores(found.to_vec()), loss, positions: 1 }
    }

    fn metrics(&self, answers: &[Answer]) -> Metrics {
        let found: Vec<f32> = answers.iter().flat_map(Answer::scores).copied().collect();
        of_scores(self.0, &found)
    }
}
