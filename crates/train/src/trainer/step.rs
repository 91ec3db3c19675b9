//! One step of a run, and what is told of it.

use std::ops::Range;

use web_time::Instant;

use super::Trainer;
use crate::Result;
use crate::optimizer::{RING, StepReport, StepSettings};
use crate::tasks::Draw;

impl Trainer<'_> {
    /// Takes the next batch and records its step. Says whether an evaluation is due after it.
    pub(super) async fn record_step(&mut self) -> Result<bool> {
        let started = Instant::now();
        // All waiting comes before any change.
        self.record_gradient(self.step + 1, None).await?;
        Ok(self.end_step(started))
    }

    /// Records the gradient of a step's batch, or of a share of it.
    pub(super) async fn record_gradient(&mut self, step: usize, share: Option<Range<usize>>) -> Result<()> {
        let settings = self.settings(step);
        let (part, planned) = self.plan.step(step - 1);
        let part = &self.parts[part];
        let draw = Draw::of(&self.config, planned.epoch)?;
        let examples = part.lessons.named(planned.examples);
        let (before, weights) = share.as_ref().map(|share| part.share(&examples, share, draw)).unwrap_or_default();
        let examples = share.map_or(&*examples, |share| &examples[share]);
        let (batch, targets) = part.batch(self.backbone, examples, draw).await?;
        let mut asked = part.asked(&targets)?;
        asked.iter_mut().zip(weights).for_each(|(asked, weight)| asked.weight *= weight);
        self.optimizer.gradient(self.backbone, &self.adapter, (&batch, &asked), (settings, before))
    }

    /// Records the update by the gradient that is there.
    pub(super) fn end_step(&mut self, started: Instant) -> bool {
        self.step += 1;
        self.optimizer.update(self.backbone.device(), &self.adapter, self.settings(self.step));
        let (_, planned) = self.plan.step(self.step - 1);
        self.tokens += planned.tokens;
        let ends = planned.ends_epoch || self.step == self.plan.total_steps();
        self.elapsed += started.elapsed();
        let due = self.config.eval_every.is_some_and(|every| self.step.is_multiple_of(every));
        self.has_dev() && (ends || due)
    }

    fn settings(&self, step: usize) -> StepSettings {
        StepSettings {
            lr: self.lr(step),
            weight_decay: self.config.weight_decay,
            max_norm: self.config.clip.unwrap_or(f64::INFINITY),
            dropout: self.config.dropout,
            seed: self.config.seed,
            step,
        }
    }

    pub(super) async fn report(&mut self) -> Result<Vec<StepReport>> {
        let started = Instant::now();
        let device = self.backbone.device();
        // Where a turn was given up, the reports of its steps may be lost.
        let first = (self.reported + 1).max((self.step + 1).saturating_sub(RING));
        let reports = self.optimizer.reports(device, first..=self.step, |step| self.lr(step)).await?;
        self.reported = self.step;
        self.elapsed += started.elapsed();
        Ok(reports)
    }

    fn lr(&self, step: usize) -> f64 {
        // Schedules count from 0, as PyTorch's do.
        self.config.lr * self.config.schedule.factor(step - 1, self.plan.total_steps(), self.config.warmup_ratio)
    }
}
