//! Steps whose batch is computed in shares, by others too.

use std::ops::Range;

use web_time::Instant;

use super::Trainer;
use crate::events::Turn;
use crate::share::{Share, cut};
use crate::{Error, Result};

impl Trainer<'_> {
    /// The shares of the next step's batch, at most `most`, and the weights that learn as they are now; no shares where it is
    /// not worth it, or the next turn takes no step.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn shares(&mut self, most: usize) -> Result<(Vec<Share>, Vec<f32>)> {
        let mut shares = Vec::new();
        if most > 1 && !self.evaluation_due && self.step < self.plan.total_steps() && !self.is_out_of_patience() {
            let step = self.step + 1;
            let count = self.cut(step, most).len();
            shares.extend((0..count).map(|index| Share { training: 0, step, index, of: most }));
        }
        if shares.len() < 2 {
            return Ok((Vec::new(), Vec::new()));
        }
        self.began = Instant::now();
        Ok((shares, self.backbone.device().read(&self.adapter.arena().learned()).await?))
    }

    /// The gradient of a share of a step's batch at these weights, or at those that there are, with its part of the loss at
    /// the end. Another trainer of the same run may be asked for it: of the same adapter, settings and data.
    ///
    /// # Errors
    /// If there is no such step or share, the weights are of another adapter, or the device fails.
    pub async fn gradient(&mut self, share: Share, weights: Option<&[f32]>) -> Result<Vec<f32>> {
        let device = self.backbone.device().clone();
        let learned = self.adapter.arena().learned();
        let is_step = (1..=self.plan.total_steps()).contains(&share.step);
        let own = if is_step { self.cut(share.step, share.of).get(share.index).cloned() } else { None };
        let Some(own) = own.filter(|_| weights.is_none_or(|weights| weights.len() == learned.len())) else {
            return Err(other_run(share.step));
        };
        if let Some(weights) = weights {
            device.write(&learned, weights);
        }
        self.record_gradient(share.step, Some(own)).await?;
        let grads = self.adapter.arena().grads().expect("an adapter that is trained");
        let mut values = device.read(grads).await?;
        values.extend(device.read(&self.optimizer.loss(share.step)).await?);
        Ok(values)
    }

    /// Takes the next step with the gradients of all shares of its batch, in their order.
    ///
    /// # Errors
    /// If they are of another adapter, the device fails, or the loss is no longer a number.
    pub async fn step_by(&mut self, shares: &[Vec<f32>]) -> Result<Turn> {
        let grads = self.adapter.arena().grads().expect("an adapter that is trained");
        if shares.iter().any(|share| share.len() != grads.len() + 1) {
            return Err(other_run(self.step + 1));
        }
        let mut sum = vec![0.0; grads.len() + 1];
        for share in shares {
            sum.iter_mut().zip(share).for_each(|(sum, own)| *sum += own);
        }
        let device = self.backbone.device();
        device.write(grads, &sum[..grads.len()]);
        device.write(&self.optimizer.loss(self.step + 1), &sum[grads.len()..]);
        self.evaluation_due = self.end_step(self.began);
        Ok(Turn::Steps(self.report().await?))
    }

    fn cut(&mut self, step: usize, most: usize) -> Vec<Range<usize>> {
        let (_, planned) = self.plan.step(step - 1);
        let mut tokens = Vec::new();
        tokens.extend(planned.examples.iter().map(|example| planned.lengths[*example]));
        cut(&tokens, most)
    }
}

fn other_run(step: usize) -> Error {
    let problem = format!("it is of step {step} of another adapter or schedule");
    Error::OtherRun { file: "share".to_owned(), problem }
}
