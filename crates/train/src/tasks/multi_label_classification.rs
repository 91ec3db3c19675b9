//! Any of several labels for each text, or none: a row of logits a text, binary cross-entropy of each, F1 of the labels whose
//! probability reaches their threshold.

use graftwork_model::{HeadConfig, HeadKind};
use graftwork_tensor::Device;
use graftwork_text::{Encoding, MultiLabelDataset, order};

use super::labels::ids_for;
use super::numbers::{ElementLoss, NumberTargets};
use super::texts::{self, Windows};
use super::{Answer, Examples, Judged, Labelled, LongReading, Targets, Task, TaskInfo, Tokenizing};
use crate::metrics::{Metrics, of_label_sets};
use crate::predict::Rows;
use crate::{Error, Result, Warning};

/// Its row in the table.
pub static INFO: TaskInfo = TaskInfo {
    name: "multi-label-classification",
    head: HeadKind::MultiLabel,
    heads: &[],
    new_head: |name, labels| HeadConfig::flex(HeadKind::MultiLabel, name, labels),
    fewest_labels: 1,
    lr: 1e-3,
    reads: LongReading::IfChosen,
    #[cfg(not(target_family = "wasm"))]
    read: |path, options| Ok(Box::new(MultiLabelDataset::from_path(path, options)?)),
};

/// From which probability on a label is given, where nothing else is known.
pub const THRESHOLD: f64 = 0.5;

/// Texts with all their labels.
#[derive(Debug, Clone)]
pub struct MultiLabelClassification {
    what: &'static str,
    texts: Windows,
    labels: Vec<Vec<usize>>,
    names: Vec<String>,
}

/// The labels of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelSet {
    /// Those whose probability reaches their threshold, the most probable first; perhaps none.
    pub labels: Vec<String>,
    /// Each label's probability, in the head's order. They do not add up to 1.
    pub scores: Vec<(String, f32)>,
    /// Before the sigmoid, in the same order.
    pub logits: Vec<f32>,
    /// Why to take it with care.
    pub warnings: Vec<Warning>,
}

/// How thresholds are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thresholds {
    /// One for all labels: the highest F1 of all decisions together (micro).
    One,
    /// One for each label: the highest F1 of that label. Wants many examples of each.
    PerLabel,
}

impl LabelSet {
    /// Of logits `[C]`. `thresholds` are one for each of the labels, one for all, or none for [`THRESHOLD`].
    pub fn new(names: &[String], logits: &[f32], thresholds: &[f64], warnings: Vec<Warning>) -> Self {
        let probabilities = sigmoid(logits);
        let mut given = decide(&probabilities, thresholds);
        let by_probability = order(given.len(), &|a, b| probabilities[given[b]].total_cmp(&probabilities[given[a]]));
        given = by_probability.into_iter().map(|place| given[place]).collect();
        Self {
            labels: given.into_iter().map(|label| names[label].clone()).collect(),
            scores: names.iter().cloned().zip(probabilities).collect(),
            logits: logits.to_vec(),
            warnings,
        }
    }
}

impl Labelled for MultiLabelDataset {
    fn labels(&self) -> &[String] {
        &self.labels
    }

    fn labels_look_like_ids(&self) -> bool {
        self.labels.len() >= 20 && 2 * self.labels.len() > self.examples.len()
    }

    fn encode(&self, how: &Tokenizing<'_>) -> Result<Box<dyn Examples>> {
        let texts = self.examples.iter().map(|example| &example.text);
        let texts = texts::encode(texts, how)?;
        let labels = self.examples.iter().map(|example| example.labels.clone()).collect();
        Ok(Box::new(MultiLabelClassification::new(how.what, texts, labels, &self.labels)?))
    }

    fn digest(&self, add: &mut dyn FnMut(&[u8])) {
        self.labels.iter().for_each(|label| add(label.as_bytes()));
        for example in &self.examples {
            example.text.digest(add);
            add(&example.labels.len().to_le_bytes());
            example.labels.iter().for_each(|label| add(&label.to_le_bytes()));
        }
    }
}

impl MultiLabelClassification {
    /// Pairs texts, each of one or more sequences, with their labels, indices into `names`; `what` names the data in messages.
    ///
    /// # Errors
    /// If there are none, one has no sequence, or a label is none of the names.
    pub fn new(what: &'static str, texts: Windows, labels: Vec<Vec<usize>>, names: &[String]) -> Result<Self> {
        texts::check(what, &texts, labels.len())?;
        let is_unknown = |labels: &Vec<usize>| labels.iter().any(|label| *label >= names.len());
        match labels.iter().position(is_unknown) {
            Some(index) => Err(Error::NoLabel { what, index }),
            None => Ok(Self { what, texts, labels, names: names.to_vec() }),
        }
    }
}

impl Examples for MultiLabelClassification {
    fn subset(&self, what: &'static str, chosen: &[usize]) -> Box<dyn Examples> {
        let (texts, labels) = (texts::some(&self.texts, chosen), texts::some(&self.labels, chosen));
        Box::new(Self { what, texts, labels, names: self.names.clone() })
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
        let own = |labels: &Vec<usize>| labels.iter().map(|label| ids[*label] as usize).collect();
        let labels = self.labels.iter().map(own).collect();
        Ok(Box::new(ForHead { labels, names: head.label_names(), thresholds: Vec::new() }))
    }
}

/// With labels as a head counts them.
struct ForHead {
    labels: Vec<Vec<usize>>,
    names: Vec<String>,
    thresholds: Vec<f64>,
}

impl ForHead {
    /// 1 for each label that an example has, 0 for the others.
    fn truth(&self, example: usize) -> Vec<f32> {
        let mut row = vec![0.0; self.names.len()];
        self.labels[example].iter().for_each(|label| row[*label] = 1.0);
        row
    }
}

impl Task for ForHead {
    fn targets(&self, device: &Device, examples: &[usize]) -> Box<dyn Targets> {
        let numbers: Vec<f32> = examples.iter().flat_map(|example| self.truth(*example)).collect();
        Box::new(NumberTargets::new(device, ElementLoss::BinaryCrossEntropy, self.names.len(), &numbers))
    }

    fn judge(&self, example: usize, output: Rows<'_>) -> Judged {
        let logits = output.row(0);
        let loss = ElementLoss::BinaryCrossEntropy.of(logits, &self.truth(example));
        Judged { answer: Answer::Scores(sigmoid(logits)), loss, positions: logits.len() }
    }

    fn set_thresholds(&mut self, thresholds: &[f64]) {
        self.thresholds = thresholds.to_vec();
    }

    fn metrics(&self, answers: &[Answer]) -> Metrics {
        let found: Vec<_> = answers.iter().map(|answer| decide(answer.scores(), &self.thresholds)).collect();
        of_label_sets(&self.labels, &found, &self.names)
    }

    fn choose_thresholds(&self, answers: &[Answer], choice: Thresholds) -> Vec<f64> {
        let of_label = |label: usize| {
            let outcome = |(answer, truth): (&Answer, &Vec<usize>)| (answer.scores()[label], truth.contains(&label));
            answers.iter().zip(&self.labels).map(outcome).collect::<Vec<_>>()
        };
        let labels = (0..self.names.len()).map(of_label);
        match choice {
            Thresholds::One => vec![best_threshold(&labels.flatten().collect::<Vec<_>>())],
            Thresholds::PerLabel => labels.map(|outcomes| best_threshold(&outcomes)).collect(),
        }
    }
}

/// The labels whose probability reaches their threshold, ascending.
fn decide(probabilities: &[f32], thresholds: &[f64]) -> Vec<usize> {
    let threshold = |label| *thresholds.get(label).or(thresholds.first()).unwrap_or(&THRESHOLD);
    (0..probabilities.len()).filter(|label| f64::from(probabilities[*label]) >= threshold(*label)).collect()
}

fn sigmoid(logits: &[f32]) -> Vec<f32> {
    logits.iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect()
}

/// The threshold of the highest F1 over decisions of such probabilities and truths: half-way between the last that is taken and
/// the first that is not. Of equally good ones that nearest to [`THRESHOLD`], which it is where nothing is true.
fn best_threshold(outcomes: &[(f32, bool)]) -> f64 {
    let sorted = order(outcomes.len(), &|a, b| outcomes[b].0.total_cmp(&outcomes[a].0));
    let all = outcomes.iter().filter(|(_, truth)| *truth).count();
    let (mut best, mut hits) = ((0.0, THRESHOLD), 0);
    for (place, index) in sorted.iter().enumerate() {
        let (probability, truth) = outcomes[*index];
        hits += usize::from(truth);
        let next = sorted.get(place + 1).map_or(0.0, |next| outcomes[*next].0);
        if next == probability && place + 1 < sorted.len() {
            continue;
        }
        let f1 = 2.0 * hits as f64 / (place + 1 + all) as f64;
        let threshold = 0.5 * (f64::from(probability) + f64::from(next));
        let nearer = (threshold - THRESHOLD).abs() < (best.1 - THRESHOLD).abs();
        if f1 > best.0 || (f1 == best.0 && f1 > 0.0 && nearer) {
            best = (f1, threshold);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F1 by trying every threshold.
    fn f1(outcomes: &[(f32, bool)], threshold: f64) -> f64 {
        let count = |wanted: &dyn Fn(f64, bool) -> bool| {
            outcomes.iter().filter(|(p, truth)| wanted(f64::from(*p), *truth)).count() as f64
        };
        let hits = count(&|p, truth| p >= threshold && truth);
        2.0 * hits / (count(&|p, _| p >= threshold) + count(&|_, truth| truth)).max(1.0)
    }

    #[test]
    fn no_threshold_is_better() {
        for seed in 0..200u32 {
            let draw = |i: u32, salt: u32| (seed * 97 + i * 31 + salt).wrapping_mul(2_654_435_761) >> 20;
            let outcomes: Vec<(f32, bool)> =
                (0..12).map(|i| (draw(i, 1) as f32 % 9.0 / 9.0, draw(i, 2) % 3 == 0)).collect();
            let chosen = best_threshold(&outcomes);
            let most = (0..=100).map(|i| f1(&outcomes, f64::from(i) / 100.0)).fold(0.0, f64::max);
            assert!((f1(&outcomes, chosen) - most).abs() < 1e-12, "{outcomes:?}: {chosen}");
        }
    }

    #[test]
    fn thresholds_that_are_hard_to_choose() {
        assert_eq!(best_threshold(&[(0.9, false), (0.2, false)]), 0.5);
        assert_eq!(best_threshold(&[]), 0.5);
        // All that lies between is as good: the middle is taken.
        assert_eq!(best_threshold(&[(0.75, true), (0.5, false)]), 0.625);
        assert_eq!(best_threshold(&[(0.5, true), (0.5, false)]), 0.25);
    }

    #[test]
    fn labels_reach_their_thresholds() {
        let names = ["a", "b", "c"].map(str::to_owned);
        let found = |thresholds: &[f64]| LabelSet::new(&names, &[0.0, 2.0, -1.0], thresholds, Vec::new()).labels;
        assert_eq!(found(&[]), ["b", "a"]);
        assert_eq!(found(&[0.51]), ["b"]);
        assert_eq!(found(&[0.6, 0.9, 0.2]), ["c"]);
        assert_eq!(found(&[1.0]), [""; 0]);
    }
}
