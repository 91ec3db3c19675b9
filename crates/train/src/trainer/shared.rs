//! Steps whose batch is computed in shares, by others too.

use std::ops::Range;

use web_time::Instant;

use super::Trainer;
use crate::events::Turn;
use crate::share::{Share, cut};
use crate::{Error, Result};

impl Trainer<'_> {
    /// Orders for the shares of the next step's batch, at most `most` of them: [`Trainer::gradient`] takes each, here or in another
    /// trainer of the same run. None where that is not worth it, or the next turn takes no step. `training` says which of a
    /// recipe's trainings this is.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn orders(&mut self, training: usize, most: usize) -> Result<Vec<Vec<f32>>> {
        let mut orders = Vec::new();
        if most < 2 || self.evaluation_due || self.step >= self.plan.total_steps() || self.is_out_of_patience() {
            return Ok(orders);
        }
        let step = self.step + 1;
        let count = self.cut(step, most).len();
        if count > 1 {
            self.began = Instant::now();
            let weights = self.backbone.device().read(&self.adapter.arena().learned()).await?;
            for index in 0..count {
                orders.extend(Share { training, step, index, of: most }.order(&weights));
            }
        }
        Ok(orders)
    }

    /// The gradient of the share that is ordered, at the weights of the order, with its part of the loss at the end. They stay: a
    /// trainer that takes orders of another one does nothing else.
    ///
    /// # Errors
    /// If the order is of another run, or the device fails.
    pub async fn gradient(&mut self, order: &[f32]) -> Result<Vec<f32>> {
        let backbone = self.backbone;
        let device = backbone.device();
        let learned = self.adapter.arena().learned();
        let (share, weights) = Share::read(order).ok_or_else(other_run)?;
        if weights.len() != learned.len() || !(1..=self.plan.total_steps()).contains(&share.step) {
            return Err(other_run());
        }
        let own = self.cut(share.step, share.of).get(share.index).cloned().ok_or_else(other_run)?;
        device.write(&learned, weights);
        self.record_gradient(share.step, Some(own)).await?;
        let grads = self.adapter.arena().grads().expect("an adapter that is trained");
        let mut values = device.read(grads).await?;
        values.extend(device.read(&self.optimizer.loss(share.step)).await?);
        Ok(values)
    }

    /// Takes the next step with the gradients of all its [orders](Trainer::orders), in their order.
    ///
    /// # Errors
    /// If they are of another adapter, the device fails, or the loss is no longer a number.
    pub async fn step_by(&mut self, gradients: &[Vec<f32>]) -> Result<Turn> {
        let grads = self.adapter.arena().grads().expect("an adapter that is trained");
        let mut sum = vec![0.0; grads.len() + 1];
        for gradient in gradients {
            if gradient.len() != sum.len() {
                return Err(other_run());
            }
            sum.iter_mut().zip(gradient).for_each(|(sum, own)| *sum += own);
        }
        let device = self.backbone.device();
        device.write(grads, &sum[..grads.len()]);
        device.write(&self.optimizer.loss(self.step + 1), &sum[grads.len()..]);
        self.evaluation_due = self.end_step(self.began);
        Ok(Turn::Steps(self.report().await?))
    }

    fn cut(&mut self, step: usize, most: usize) -> Vec<Range<usize>> {
        let (_, planned) = self.plan.step(step - 1);
        cut(planned.examples, planned.lengths, most)
    }
}

pub(crate) fn other_run() -> Error {
    Error::OtherRun { file: "share".to_owned(), problem: "it is of another adapter or schedule".to_owned() }
}
