//! Which of some texts fits a prompt best: one logit for the pair of a prompt and each of its choices, softmax over the
//! choices, of which examples may have different numbers.

use graftwork_model::{HeadConfig, HeadKind};
use graftwork_tensor::Device;
use graftwork_text::{ChoiceDataset, Choices, Encoding, Tokenizer};

use super::segments::{SegmentTargets, cross_entropy_of};
use super::{Answer, Examples, Judged, Labelled, LongReading, Targets, Task, TaskInfo, Tokenizing};
use crate::metrics::Metrics;
use crate::predict::{Rows, argmax, softmax};
use crate::{Error, Result, Warning};

/// Its row in the table.
pub static INFO: TaskInfo = TaskInfo {
    name: "multiple-choice",
    head: HeadKind::MultipleChoice,
    heads: &[],
    new_head: |name, labels| HeadConfig::flex(HeadKind::MultipleChoice, name, labels),
    fewest_labels: 2,
    lr: 1e-3,
    reads: LongReading::First,
    #[cfg(not(target_family = "wasm"))]
    read: |path, options| Ok(Box::new(ChoiceDataset::from_path(path, options)?)),
};

/// Prompts beside each of their choices: the pairs of a prompt are its sequences, and share a batch.
#[derive(Debug, Clone)]
pub struct MultipleChoice {
    examples: Vec<(Vec<Encoding>, u32)>,
}

/// Which choice was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Its place, from 0.
    pub index: usize,
    /// The probability of each.
    pub scores: Vec<f32>,
    /// Before the softmax.
    pub logits: Vec<f32>,
    /// Why to take it with care.
    pub warnings: Vec<Warning>,
}

impl Choice {
    /// Of the logits of a prompt beside each choice.
    pub fn new(pairs: &[Encoding], output: Rows<'_>) -> Self {
        let logits = output.values.to_vec();
        let warnings = pairs.iter().map(std::slice::from_ref).map(Warning::of).max_by_key(Vec::len).unwrap_or_default();
        Self { index: argmax(&logits), scores: softmax(&logits), logits, warnings }
    }
}

/// A prompt beside each of its choices.
///
/// # Errors
/// If `max_length` is too small, or the tokenizer knows no pairs.
pub fn pairs(tokenizer: &Tokenizer, choices: &Choices, max_length: usize) -> graftwork_text::Result<Vec<Encoding>> {
    let pair = |choice: &String| tokenizer.encode_pair(&choices.prompt, choice, max_length);
    choices.choices.iter().map(pair).collect()
}

impl Labelled for ChoiceDataset {
    fn labels(&self) -> &[String] {
        &self.labels
    }

    fn encode(&self, how: &Tokenizing<'_>) -> Result<Box<dyn Examples>> {
        let Tokenizing { what, tokenizer, max_length, long_texts } = *how;
        INFO.check_long_texts(long_texts)?;
        if self.examples.is_empty() {
            return Err(Error::NoExamples { what });
        }
        let example = |(index, (choices, label)): (usize, &(Choices, usize))| match *label < choices.choices.len() {
            true => Ok((pairs(tokenizer, choices, max_length)?, *label as u32)),
            false => Err(Error::NoLabel { what, index }),
        };
        let examples = self.examples.iter().enumerate().map(example).collect::<Result<_>>()?;
        Ok(Box::new(MultipleChoice { examples }))
    }

    fn digest(&self, add: &mut dyn FnMut(&[u8])) {
        for (choices, label) in &self.examples {
            [&choices.prompt].into_iter().chain(&choices.choices).for_each(|text| {
                add(&text.len().to_le_bytes());
                add(text.as_bytes());
            });
            add(&[choices.choices.len().to_le_bytes(), label.to_le_bytes()].concat());
        }
    }
}

impl Examples for MultipleChoice {
    fn info(&self) -> &'static TaskInfo {
        &INFO
    }

    fn len(&self) -> usize {
        self.examples.len()
    }

    fn sequences(&self, example: usize) -> &[Encoding] {
        &self.examples[example].0
    }

    fn subset(&self, _: &'static str, chosen: &[usize]) -> Box<dyn Examples> {
        Box::new(Self { examples: chosen.iter().map(|example| self.examples[*example].clone()).collect() })
    }

    fn for_head(&self, head: &HeadConfig) -> Result<Box<dyn Task + '_>> {
        INFO.check(head)?;
        Ok(Box::new(ForHead { examples: &self.examples }))
    }
}

/// A head gives a number a choice, however many there are.
struct ForHead<'a> {
    examples: &'a [(Vec<Encoding>, u32)],
}

impl Task for ForHead<'_> {
    fn targets(&self, device: &Device, examples: &[usize]) -> Box<dyn Targets> {
        let (counts, labels): (Vec<usize>, Vec<u32>) =
            examples.iter().map(|example| &self.examples[*example]).map(|(pairs, label)| (pairs.len(), *label)).unzip();
        Box::new(SegmentTargets::new(device, &counts, &labels, 1))
    }

    fn judge(&self, example: usize, output: Rows<'_>) -> Judged {
        let (pairs, label) = &self.examples[example];
        let loss = cross_entropy_of(output, &[pairs.len()], &[*label]);
        Judged { answer: Answer::Label(argmax(output.values)), loss, positions: 1 }
    }

    fn metrics(&self, answers: &[Answer]) -> Metrics {
        let is_right = |(answer, (_, label)): &(&Answer, &(Vec<Encoding>, u32))| answer.labels() == [*label as usize];
        let right = answers.iter().zip(self.examples).filter(is_right).count();
        let values = vec![("accuracy", right as f64 / self.examples.len().max(1) as f64)];
        // Places are no classes: there is nothing in common between the first choices of two prompts.
        Metrics { values, classes: Vec::new(), counted: "examples", confusion: None }
    }
}
