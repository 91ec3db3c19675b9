//! Masked language modelling: texts without labels, of which some tokens are hidden and asked for. What an adapter learns so
//! of a domain's language, before it learns a task.

mod masking;

use std::borrow::Cow;
use std::slice;

use graftwork_model::{HeadConfig, HeadKind};
use graftwork_tensor::ops::gemm::{Epilogue, Layout, gemm};
use graftwork_tensor::{Device, Tape, Var};
use graftwork_text::{Corpus, Encoding, Tokenizer};

use super::{Answer, Examples, Judged, Labelled, LongReading, Loss, Targets, Task, TaskInfo, Tokenizing};
use crate::metrics::{Metrics, of_masked};
use crate::predict::Rows;
use crate::{Error, Result, TrainConfig};
pub use masking::{Draw, Masking};
use masking::{Vocabulary, masked};

/// Tokens of a batch, unless somebody chooses.
const BATCH_TOKENS: usize = 2048;

/// Its row in the table.
pub static INFO: TaskInfo = TaskInfo {
    name: "fill-mask",
    head: HeadKind::MaskedLm,
    heads: &[],
    new_head: |name, _| HeadConfig::masked_lm(name),
    fewest_labels: 0,
    lr: 1e-3,
    reads: LongReading::First,
    #[cfg(not(target_family = "wasm"))]
    read: |path, options| Ok(Box::new(Corpus::from_paths(&[path], options)?)),
};

/// Texts laid into sequences, of which tokens are masked anew in every epoch.
#[derive(Debug, Clone)]
pub struct MaskedLm {
    sequences: Vec<Encoding>,
    vocabulary: Vocabulary,
}

impl Labelled for Corpus {
    fn labels(&self) -> &[String] {
        &[]
    }

    /// Longer texts are cut and nothing is left out, so `long_texts` is not asked.
    fn encode(&self, how: &Tokenizing<'_>) -> Result<Box<dyn Examples>> {
        let Tokenizing { what, tokenizer, max_length, .. } = *how;
        let texts = self.texts.iter().map(String::as_str);
        let sequences = tokenizer.encode_packed(texts, max_length, !self.line_by_line)?;
        Ok(Box::new(MaskedLm::new(what, sequences, tokenizer)?))
    }

    fn digest(&self, add: &mut dyn FnMut(&[u8])) {
        add(&[u8::from(self.line_by_line)]);
        self.texts.iter().for_each(|text| add(text.as_bytes()));
    }
}

impl MaskedLm {
    /// Of sequences whose tokens know their origins; those without are never masked. `what` names the data in messages.
    ///
    /// # Errors
    /// If there is nothing to mask, or the tokenizer has no mask.
    pub fn new(what: &'static str, mut sequences: Vec<Encoding>, tokenizer: &Tokenizer) -> Result<Self> {
        let mask = tokenizer.special_tokens().mask.ok_or(Error::NoMask)?;
        sequences.retain(|sequence| sequence.origins.iter().any(Option::is_some));
        if sequences.is_empty() {
            return Err(Error::NoExamples { what });
        }
        Ok(Self { sequences, vocabulary: Vocabulary { mask, size: tokenizer.vocab_size() as u32 } })
    }
}

impl Examples for MaskedLm {
    fn info(&self) -> &'static TaskInfo {
        &INFO
    }

    fn len(&self) -> usize {
        self.sequences.len()
    }

    /// Before anything is masked.
    fn sequences(&self, example: usize) -> &[Encoding] {
        slice::from_ref(&self.sequences[example])
    }

    fn stay(&self) -> bool {
        false
    }

    fn drawn(&self, example: usize, draw: &Draw) -> Cow<'_, [Encoding]> {
        vec![masked(&self.sequences[example], self.vocabulary, draw, example)].into()
    }

    /// Sequences are about as long as the limit, so a batch is a number of tokens.
    fn settings(&self) -> TrainConfig {
        TrainConfig { lr: INFO.lr, batch_tokens: Some(BATCH_TOKENS), ..TrainConfig::default() }
    }

    fn subset(&self, _what: &'static str, chosen: &[usize]) -> Box<dyn Examples> {
        let sequences = chosen.iter().map(|example| self.sequences[*example].clone()).collect();
        Box::new(Self { sequences, vocabulary: self.vocabulary })
    }

    fn for_head(&self, head: &HeadConfig) -> Result<Box<dyn Task + '_>> {
        INFO.check(head)?;
        Ok(Box::new(ForHead))
    }
}

/// The truth is in the batch, beside what is masked: the head compares.
struct ForHead;

impl Task for ForHead {
    fn targets(&self, _: &Device, _: &[usize]) -> Box<dyn Targets> {
        Box::new(MeanLoss)
    }

    /// Of rows of (loss, is it right).
    fn judge(&self, _: usize, output: Rows<'_>) -> Judged {
        let of = output.iter().len();
        let right = output.iter().filter(|row| row[1] > 0.0).count();
        let loss = output.iter().map(|row| f64::from(row[0])).sum();
        Judged { answer: Answer::Masked { right, of, loss }, loss, positions: of }
    }

    fn metrics(&self, answers: &[Answer]) -> Metrics {
        of_masked(answers.iter().filter_map(|answer| match answer {
            Answer::Masked { right, of, loss } => Some((*right, *of, *loss)),
            _ => None,
        }))
    }
}

/// The mean of the losses that a head gives for masked tokens, rows of (loss, is it right).
#[derive(Debug)]
pub struct MeanLoss;

impl Targets for MeanLoss {
    fn loss(&self, tape: &mut Tape, output: &Var) -> Result<Loss> {
        let rows = output.value();
        let (n, device) = (rows.rows(), tape.device());
        if rows.cols() != 2 {
            return Err(Error::NoTruth);
        }
        let gradient = device.tensor(n, 2, &[1.0 / n as f32, 0.0].repeat(n));
        // The mean is the product of the losses with its own derivative.
        let shares = device.empty(1, 1);
        let (losses, weights) = (rows.reshape(1, 2 * n), gradient.reshape(2 * n, 1));
        gemm(device, &losses, &weights, Layout::Nn, Epilogue::default(), &shares);
        Ok(Loss { root: output.clone(), gradient, shares })
    }
}
