//! Steps whose batch is computed in shares, by other trainers too.

use graftwork_train::Turn;

use super::{Inner, Trainer};
use crate::Result;

impl<'a> Trainer<'a> {
    /// Orders for the shares of the next step's batch, at most `most` of them: [`Trainer::gradient`] takes each, here or in another
    /// trainer of the same run. None where that is not worth it, or the next turn takes no step. The result depends on `most`,
    /// which decides the order of sums, but not on who computes what.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn orders(&mut self, most: usize) -> Result<Vec<Vec<f32>>> {
        match self.current() {
            (training, _, Some(run)) => Ok(run.orders(training, most).await?),
            _ => Ok(Vec::new()),
        }
    }

    /// The gradient of the share that is ordered, at the weights of the order, with its part of the loss at the end. A trainer of the
    /// same adapter, settings and data may take orders of another one, and does nothing else then.
    ///
    /// # Errors
    /// If the order is of another run, or the device fails.
    pub async fn gradient(&mut self, order: &[f32]) -> Result<Vec<f32>> {
        let run = match &mut self.inner {
            Inner::Standard(run) => run,
            Inner::FewShot(run) => run.training(order)?,
        };
        Ok(run.gradient(order).await?)
    }

    /// Takes the next step with the gradients of all its [orders](Trainer::orders), in their order.
    ///
    /// # Errors
    /// If they are of another run, the device fails, or the loss is no longer a number.
    ///
    /// # Panics
    /// If there were no orders.
    pub async fn step_by(&mut self, gradients: &[Vec<f32>]) -> Result<Turn> {
        let (_, before, run) = self.current();
        Ok(run.expect("a step that has orders").step_by(gradients).await?.after(before))
    }

    /// The training that goes on, with its number and the steps before it.
    fn current(&mut self) -> (usize, usize, Option<&mut graftwork_train::Trainer<'a>>) {
        match &mut self.inner {
            Inner::Standard(run) => (0, 0, Some(run)),
            Inner::FewShot(run) => run.current(),
        }
    }
}
