//! Trainings whose steps are computed in shares, by others too.

use super::FewShot;
use crate::share::Share;
use crate::trainer::shared::other_run;
use crate::{Result, Trainer};

impl<'a> FewShot<'a> {
    /// The training that goes on, if one does, with its number and the steps of those before it.
    pub fn current(&mut self) -> (usize, usize, Option<&mut Trainer<'a>>) {
        (self.part, self.steps_before(), self.trainer.as_mut())
    }

    /// The training that an order is for, in a run that helps another one: it begins here, since the weights come from there.
    ///
    /// # Errors
    /// If it is no order, or as [`Trainer::new`].
    pub fn training(&mut self, order: &[f32]) -> Result<&mut Trainer<'a>> {
        let number = Share::read(order).ok_or_else(other_run)?.0.training;
        if self.trainer.is_none() || self.part != number {
            if self.trainer.is_none() {
                self.parts.keep_lower(self.backbone, &self.start, &self.config);
            }
            let lessons = self.parts.lessons_of(number);
            let trainer = Trainer::new(self.backbone, &self.start, self.config.clone(), lessons, None)?;
            (self.trainer, self.part) = (Some(trainer), number);
        }
        self.trainer.as_mut().ok_or_else(other_run)
    }
}
