//! One label for each text, or for two that belong together: a row of logits a sequence, cross-entropy, accuracy.

use graftwork_model::{Familiar, HeadConfig, HeadKind, Knowledge};
use graftwork_tensor::Device;
use graftwork_text::data::Text;
use graftwork_text::{Dataset, Encoding};

use super::labels::{LabelTargets, cross_entropy_of, ids_for};
use super::texts::{self, Windows};
use super::{Answer, Examples, Judged, Labelled, LongReading, Targets, Task, TaskInfo, Tokenizing};
use crate::metrics::{Metrics, of_classes};
use crate::predict::{Rows, argmax, softmax};
use crate::{Error, Result, Warning};

/// Its row in the table.
pub static INFO: TaskInfo = TaskInfo {
    name: "text-classification",
    head: HeadKind::Classification,
    heads: &[],
    new_head: |name, labels| HeadConfig::classifier(name, labels),
    fewest_labels: 2,
    lr: 1e-3,
    reads: LongReading::IfChosen,
    #[cfg(not(target_family = "wasm"))]
    read: |path, options| Ok(Box::new(Dataset::from_path(path, options)?)),
};

/// Labelled texts.
#[derive(Debug, Clone)]
pub struct TextClassification {
    what: &'static str,
    texts: Windows,
    labels: Vec<u32>,
    names: Vec<String>,
}

/// What a classifier says about one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Classification {
    /// The most probable label.
    pub label: String,
    /// Each label's probability, in the head's order: calibrated, if the adapter knows its temperature.
    pub scores: Vec<(String, f32)>,
    /// Before the softmax, in the same order.
    pub logits: Vec<f32>,
    /// How far the text is from what the adapter learned, if it knows; see [`Familiar`].
    pub distance: Option<f64>,
    /// Why to take it with care.
    pub warnings: Vec<Warning>,
}

/// How an adapter's output becomes an answer.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The labels in the order of the logits.
    pub labels: &'a [String],
    /// What the adapter knows about its answers.
    pub knowledge: Option<&'a Knowledge>,
    /// Below which probability an answer is not sure; `None` is never.
    pub threshold: Option<f64>,
}

impl Reading<'_> {
    /// Whether it takes the features of a text, too.
    pub fn takes_features(&self) -> bool {
        self.familiar().is_some()
    }

    fn familiar(&self) -> Option<&Familiar> {
        self.knowledge.and_then(|knowledge| knowledge.familiar.as_ref())
    }

    /// The answer of logits `[C]`, and of features `[D]` if they are taken. `warnings` are those of the text itself.
    pub fn answer(&self, logits: &[f32], features: &[f32], mut warnings: Vec<Warning>) -> Classification {
        let temperature = self.knowledge.map_or(1.0, |knowledge| knowledge.temperature);
        let best = argmax(logits);
        let scaled: Vec<f32> = logits.iter().map(|logit| (f64::from(*logit) / temperature) as f32).collect();
        let probabilities = softmax(&scaled);
        let confidence = f64::from(probabilities[best]);
        if let Some(threshold) = self.threshold.filter(|threshold| confidence < *threshold) {
            warnings.push(Warning::Unsure { confidence, threshold });
        }
        let distance = self.familiar().map(|familiar| (familiar.distance(features), familiar.limit));
        if let Some((distance, limit)) = distance.filter(|(distance, limit)| distance > limit) {
            warnings.push(Warning::Unfamiliar { distance, limit });
        }
        Classification {
            label: self.labels[best].clone(),
            scores: self.labels.iter().cloned().zip(probabilities).collect(),
            logits: logits.to_vec(),
            distance: distance.map(|(distance, _)| distance),
            warnings,
        }
    }
}

impl Classification {
    /// Whether the label is as probable as the threshold asks for, if there is one.
    pub fn is_sure(&self) -> bool {
        !self.warnings.iter().any(|warning| matches!(warning, Warning::Unsure { .. }))
    }
}

impl Labelled for Dataset {
    fn labels(&self) -> &[String] {
        &self.labels
    }

    fn text(&self, example: usize) -> Option<&Text> {
        self.examples.get(example).map(|example| &example.text)
    }

    fn labels_look_like_ids(&self) -> bool {
        // Fewer may be one example of each label.
        self.labels.len() >= 20 && 2 * self.labels.len() > self.len()
    }

    fn encode(&self, how: &Tokenizing<'_>) -> Result<Box<dyn Examples>> {
        let texts = self.examples.iter().map(|example| &example.text);
        let texts = texts::encode(texts, how)?;
        let labels = self.examples.iter().map(|example| example.label);
        Ok(Box::new(TextClassification::of_windows(how.what, texts, labels, &self.labels)?))
    }

    fn digest(&self, add: &mut dyn FnMut(&[u8])) {
        self.labels.iter().for_each(|label| add(label.as_bytes()));
        for example in &self.examples {
            example.text.digest(add);
            add(&example.label.unwrap_or(usize::MAX).to_le_bytes());
        }
    }
}

impl TextClassification {
    /// Pairs encodings with labels, each an index into `names`; `what` names the data in messages.
    ///
    /// # Errors
    /// If there are none, or one lacks its label.
    pub fn new(
        what: &'static str,
        encodings: Vec<Encoding>,
        labels: impl IntoIterator<Item = Option<usize>>,
        names: &[String],
    ) -> Result<Self> {
        Self::of_windows(what, encodings.into_iter().map(|encoding| vec![encoding]).collect(), labels, names)
    }

    /// The same of texts that may have several sequences each, whose features are averaged.
    ///
    /// # Errors
    /// As [`TextClassification::new`], and if one has no sequence.
    pub fn of_windows(
        what: &'static str,
        texts: Windows,
        labels: impl IntoIterator<Item = Option<usize>>,
        names: &[String],
    ) -> Result<Self> {
        let known = |(index, label): (usize, Option<usize>)| match label {
            Some(label) if label < names.len() => Ok(label as u32),
            _ => Err(Error::NoLabel { what, index }),
        };
        let labels: Vec<u32> = labels.into_iter().enumerate().map(known).collect::<Result<_>>()?;
        texts::check(what, &texts, labels.len())?;
        Ok(Self { what, texts, labels, names: names.to_vec() })
    }
}

impl TextClassification {
    /// Some of them.
    pub(super) fn some(&self, what: &'static str, chosen: &[usize]) -> Self {
        let (texts, labels) = (texts::some(&self.texts, chosen), texts::some(&self.labels, chosen));
        Self { what, texts, labels, names: self.names.clone() }
    }
}

impl Examples for TextClassification {
    fn truth(&self) -> Option<Vec<usize>> {
        Some(self.labels.iter().map(|label| *label as usize).collect())
    }

    fn subset(&self, what: &'static str, chosen: &[usize]) -> Box<dyn Examples> {
        Box::new(self.some(what, chosen))
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
        let ids = ids_for(head, &INFO, self.what, &self.names)?;
        let labels = self.labels.iter().map(|label| ids[*label as usize]).collect();
        Ok(Box::new(ForHead { labels, names: head.label_names() }))
    }
}

/// With labels as a head counts them.
struct ForHead {
    labels: Vec<u32>,
    names: Vec<String>,
}

impl Task for ForHead {
    fn targets(&self, device: &Device, examples: &[usize]) -> Box<dyn Targets> {
        let labels: Vec<u32> = examples.iter().map(|example| self.labels[*example]).collect();
        Box::new(LabelTargets::new(device, &labels))
    }

    fn judge(&self, example: usize, output: Rows<'_>) -> Judged {
        let logits = output.row(0);
        let loss = cross_entropy_of(logits, self.labels[example]);
        Judged { answer: Answer::Label(argmax(logits)), loss, positions: 1 }
    }

    fn truth(&self) -> Option<Vec<usize>> {
        Some(self.labels.iter().map(|label| *label as usize).collect())
    }

    fn metrics(&self, answers: &[Answer]) -> Metrics {
        let truth: Vec<usize> = self.labels.iter().map(|label| *label as usize).collect();
        let predictions: Vec<usize> = answers.iter().flat_map(Answer::labels).copied().collect();
        of_classes(&truth, &predictions, &self.names, "examples")
    }
}
