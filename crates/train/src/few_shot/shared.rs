//! Trainings whose steps are computed in shares, by others too.

use super::FewShot;
use crate::{Error, Result, Trainer};

impl<'a> FewShot<'a> {
    /// The training that goes on, if one does, with its number and the steps of those before it.
    pub fn current(&mut self) -> (usize, usize, Option<&mut Trainer<'a>>) {
        (self.part, self.steps_before(), self.trainer.as_mut())
    }

    /// The training of a number, for [`Trainer::gradient`]: in a run that helps another one it begins here, since the weights
    /// come from there.
    ///
    /// # Errors
    /// If there is no such training.
    pub fn training(&mut self, number: usize) -> Result<&mut Trainer<'a>> {
        if self.trainer.is_none() || self.part != number {
            if number >= self.parts.steps.len() {
                let problem = format!("it is of training {number} of another run");
                return Err(Error::OtherRun { file: "share".to_owned(), problem });
            }
            if self.trainer.is_none() {
                self.parts.keep_lower(self.backbone, &self.start, &self.config);
            }
            let lessons = self.parts.lessons_of(number);
            let trainer = Trainer::new(self.backbone, &self.start, self.config.clone(), lessons, None)?;
            (self.trainer, self.part) = (Some(trainer), number);
        }
        Ok(self.trainer.as_mut().expect("a training"))
    }
}
