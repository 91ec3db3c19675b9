//! What frozen layers make of every example, computed once: where an adapter leaves out the lowest layers, their output does
//! not depend on what it learns.

use graftwork_model::{Backbone, Batch};
use graftwork_tensor::OnProgress;

use crate::Result;
use crate::predict::{Rows, in_batches, upload};
use crate::tasks::Examples;

/// The most bytes that are kept: in a browser a page may be closed for more.
const MOST_BYTES: usize = if cfg!(target_family = "wasm") { 128 << 20 } else { 1 << 30 };

/// The hidden states of every example that go into a layer.
#[derive(Debug)]
pub struct LowerLayers {
    layer: usize,
    examples: Vec<Example>,
}

#[derive(Debug)]
struct Example {
    /// Tokens of each sequence.
    lengths: Vec<usize>,
    /// Of all tokens, [T, D].
    hidden: Vec<f32>,
}

impl LowerLayers {
    /// Whether so many tokens are kept, in a backbone of width `hidden`: 1 GiB of them, 128 MiB in a browser.
    pub fn fit(tokens: usize, hidden: usize) -> bool {
        tokens.saturating_mul(4 * hidden) <= MOST_BYTES
    }

    /// Runs every example through the layers below `layer` (from 0). `progress` gets the fraction done.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn compute(
        backbone: &Backbone,
        examples: &dyn Examples,
        layer: usize,
        progress: &mut OnProgress<'_>,
    ) -> Result<Self> {
        let lengths = |example: usize| examples.sequences(example).iter().map(|sequence| sequence.len());
        let tokens: Vec<usize> = (0..examples.len()).map(|example| lengths(example).sum()).collect();
        let compute = |chosen: &[usize]| {
            let batch = upload(backbone, chosen.iter().map(|example| examples.sequences(*example)))?;
            Ok(backbone.lower(&batch, layer)?)
        };
        let read = |chosen: &[usize], out: Rows<'_>| {
            let mut rest = out.values;
            let one = |example: &usize| {
                let (own, others) = rest.split_at(tokens[*example] * out.cols);
                rest = others;
                Example { lengths: lengths(*example).collect(), hidden: own.to_vec() }
            };
            chosen.iter().map(one).collect()
        };
        let examples = in_batches(backbone, &tokens, compute, read, progress).await?;
        Ok(Self { layer, examples })
    }

    /// Uploads some examples as one batch, which begins above.
    pub(crate) fn batch(&self, backbone: &Backbone, chosen: &[usize]) -> Result<Batch> {
        let (mut hidden, mut starts, mut texts) = (Vec::new(), vec![0], vec![0]);
        for example in chosen {
            let Example { lengths, hidden: own } = &self.examples[*example];
            hidden.extend_from_slice(own);
            for length in lengths {
                starts.push(starts[starts.len() - 1] + *length as u32);
            }
            texts.push(starts.len() as u32 - 1);
        }
        let batch = backbone.batch_at(self.layer, &hidden, &starts)?;
        Ok(batch.of_texts(backbone.device(), &texts)?)
    }
}
