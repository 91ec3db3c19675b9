//! Steps of the trainings whose batch is computed in shares, by others too.

use super::{FewShot, counted};
use crate::events::Turn;
use crate::share::Share;
use crate::{Error, Result, Trainer};

impl FewShot<'_> {
    /// As [`Trainer::shares`], of the training that goes on.
    pub fn shares(&mut self, most: usize) -> Vec<Share> {
        let mut shares = self.trainer.as_mut().map_or(Vec::new(), |trainer| trainer.shares(most));
        shares.iter_mut().for_each(|share| share.training = self.part);
        shares
    }

    /// As [`Trainer::learned`], of the training that goes on.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn learned(&self) -> Result<Vec<f32>> {
        match &self.trainer {
            Some(trainer) => trainer.learned().await,
            None => Ok(Vec::new()),
        }
    }

    /// As [`Trainer::gradient`], also in a run that does nothing else: the weights come from the run that is asked for.
    ///
    /// # Errors
    /// As [`Trainer::gradient`], and if there is no such training.
    pub async fn gradient(&mut self, share: Share, weights: Option<&[f32]>) -> Result<Vec<f32>> {
        if self.trainer.is_none() || self.part != share.training {
            if share.training >= self.parts.steps.len() {
                let problem = format!("it is of training {} of another run", share.training);
                return Err(Error::OtherRun { file: "share".to_owned(), problem });
            }
            if self.prepared.is_none() && self.trainer.is_none() {
                self.parts.keep_lower(self.backbone, &self.start, &self.config);
            }
            let lessons = self.parts.lessons_of(share.training);
            self.trainer = Some(Trainer::new(self.backbone, &self.start, self.config.clone(), lessons, None)?);
            self.part = share.training;
        }
        self.trainer.as_mut().expect("a training").gradient(share, weights).await
    }

    /// As [`Trainer::step_by`].
    ///
    /// # Errors
    /// As [`Trainer::step_by`].
    ///
    /// # Panics
    /// If no training goes on.
    pub async fn step_by(&mut self, shares: &[Vec<f32>]) -> Result<Turn> {
        let before = self.steps_before();
        let turn = self.trainer.as_mut().expect("a training").step_by(shares).await?;
        Ok(counted(turn, before))
    }
}
