//! Learning from few examples: a head that is fitted first, then an adapter that begins at that solution.
//!
//! Fine-tuning a new head together with what is below distorts features that were good; to fit the head alone first and to
//! train both from there does not (LP-FT: Kumar et al., "Fine-Tuning can Distort Pretrained Features and Underperform
//! Out-of-Distribution", 2022). Here the head is logistic regression on the means of a text's hidden states, fitted in
//! milliseconds; the adapter's up-projections begin at zero, so that the model begins as that classifier. Whether training
//! has made it better is asked by cross-validation, and the adapter is kept only if it has.
//!
//! The run is a row of trainings, one a fold and then one on all examples. Each is a [`Trainer`], so a [`RunState`] says where
//! it stands; what comes between is computed again in the same way.

mod compare;
mod parts;
mod prepare;
mod settings;
mod shared;

use std::ops::ControlFlow;

use graftwork_model::{Adapter, AdapterFile, Backbone, Knowledge};
use graftwork_tensor::{OnProgress, give_way};
use web_time::Duration;

use crate::checkpoint::RunState;
use crate::events::{Ending, Event, Progress, Turn};
use crate::probe::{familiar, fit, knowledge, leave_one_out};
use crate::tasks::Examples;
use crate::{Error, Result, TrainConfig, Trainer};

pub use compare::{Comparison, Kept, Score};
use parts::{Parts, features};
use prepare::Prepared;
pub use settings::{are_few, method, settings};

/// The stages of a run, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Texts go through the frozen layers, once, and heads are fitted.
    Preparation,
    /// An adapter is trained for every fold, and asked about what that holds out.
    CrossValidation,
    /// The adapter that may be kept is trained.
    Training,
}

/// A run of the recipe.
pub struct FewShot<'a> {
    backbone: &'a Backbone,
    start: AdapterFile,
    config: TrainConfig,
    parts: Parts<'a>,
    prepared: Option<Prepared>,
    /// The training that goes on.
    trainer: Option<Trainer<'a>>,
    /// How many trainings are over.
    part: usize,
    /// What those have left; see [`Parts::leave`].
    left: Vec<f32>,
    /// Where a resumed run goes on, until it does.
    resumed: Option<RunState>,
    adapter: Adapter,
    comparison: Option<Comparison>,
    knowledge: Option<Knowledge>,
    finished: bool,
    before: (usize, Duration),
}

impl<'a> FewShot<'a> {
    /// Plans a run. `start` is a new adapter; its head, of a single dense layer, is fitted before it is used. With `head_only`
    /// the run ends there.
    ///
    /// # Errors
    /// If a setting makes no sense, the adapter does not fit the backbone, its head lacks a label of the data or has several
    /// layers, or the examples do not have one label each.
    pub fn new(
        backbone: &'a Backbone,
        start: &AdapterFile,
        config: TrainConfig,
        examples: &'a dyn Examples,
        head_only: bool,
    ) -> Result<Self> {
        let parts = Parts::new(start, &config, examples, head_only)?;
        let adapter = Adapter::load(backbone, start)?;
        Ok(Self {
            backbone,
            start: start.clone(),
            config,
            parts,
            prepared: None,
            trainer: None,
            part: 0,
            left: Vec::new(),
            resumed: None,
            adapter,
            comparison: None,
            knowledge: None,
            finished: false,
            before: (0, Duration::ZERO),
        })
    }

    /// The adapter of the training that goes on; at the end, the one that is kept.
    pub fn adapter(&self) -> &Adapter {
        self.trainer.as_ref().map_or(&self.adapter, Trainer::adapter)
    }

    /// What the adapter that is kept knows about its answers, from those to examples that were held out.
    pub fn knowledge(&self) -> Option<&Knowledge> {
        self.knowledge.as_ref()
    }

    /// What cross-validation found, once it has.
    pub fn comparison(&self) -> Option<&Comparison> {
        self.comparison.as_ref()
    }

    /// What the next turn does.
    pub fn stage(&self) -> Stage {
        if self.prepared.is_none() {
            Stage::Preparation
        } else if self.part < self.parts.folds() {
            Stage::CrossValidation
        } else {
            Stage::Training
        }
    }

    /// How far all trainings together are.
    pub fn progress(&self) -> Progress {
        let total_steps = self.parts.steps.iter().sum();
        if self.finished {
            return Progress { step: total_steps, total_steps, tokens: self.before.0, elapsed: self.before.1 };
        }
        let resumed = self.resumed.as_ref().map_or(0, |state| state.step);
        let now = self.trainer.as_ref().map(Trainer::progress);
        let step = now.map_or(resumed, |now| now.step) + self.steps_before();
        let (tokens, elapsed) = now.map_or((0, Duration::ZERO), |now| (now.tokens, now.elapsed));
        Progress { step, total_steps, tokens: self.before.0 + tokens, elapsed: self.before.1 + elapsed }
    }

    /// Steps whose reports are best waited for together.
    pub fn steps_per_turn(&self) -> usize {
        self.trainer.as_ref().map_or(1, Trainer::steps_per_turn)
    }

    /// Runs until the end, or until the observer breaks.
    ///
    /// # Errors
    /// As [`FewShot::turn`].
    pub async fn run(&mut self, observer: &mut impl FnMut(&Self, Event<'_>) -> ControlFlow<()>) -> Result<Ending> {
        loop {
            let turn = self.turn(self.steps_per_turn(), &mut |_| {}).await?;
            let Some(event) = turn.event(self.progress()) else { return Ok(Ending::Finished) };
            if observer(self, event).is_break() {
                return Ok(Ending::Stopped);
            }
            give_way().await;
        }
    }

    /// One piece of the run: prepares, takes at most `most` steps, compares, or ends. How the steps are cut into turns
    /// changes nothing of the result. `progress` gets the fraction of the preparation that is done.
    ///
    /// # Errors
    /// If the device fails, or a loss is no longer a number.
    pub async fn turn(&mut self, most: usize, progress: &mut OnProgress<'_>) -> Result<Turn> {
        if self.prepared.is_none() {
            self.prepared =
                Some(Prepared::new(self.backbone, &self.start, &self.config, &mut self.parts, progress).await?);
            let begun = self.begin()?;
            // At its beginning a training has nothing that the preparation does not give.
            let resumed = self.resumed.take().filter(|state| state.step > 0);
            if let (Some(state), Some(trainer)) = (resumed, &mut self.trainer) {
                trainer.resume(state)?;
            }
            return Ok(begun.map_or(Turn::Steps(Vec::new()), Turn::Compared));
        }
        let before = self.steps_before();
        match &mut self.trainer {
            None => {}
            Some(trainer) => match trainer.turn(most).await? {
                turn @ Turn::Steps(_) => return Ok(turn.after(before)),
                _ => {
                    if let Some(comparison) = self.end_training().await? {
                        return Ok(Turn::Compared(comparison));
                    }
                    if !self.finished {
                        return Ok(Turn::Steps(Vec::new()));
                    }
                }
            },
        }
        // No training goes on, and none is to come.
        if !self.finished {
            self.keep_head()?;
        }
        Ok(Turn::Finished)
    }

    /// Everything that [`FewShot::resume`] needs; `run` identifies the run's settings and data.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn state(&self, run: &str) -> Result<RunState> {
        if let Some(state) = &self.resumed {
            return Ok(RunState { run: run.to_owned(), ..state.clone() });
        }
        let mut state = match &self.trainer {
            Some(trainer) => trainer.state(run).await?,
            None => {
                Trainer::new(self.backbone, &self.start, self.config.clone(), self.parts.examples(), None)?
                    .state(run)
                    .await?
            }
        };
        state.before = (self.part, self.left.clone());
        Ok(state)
    }

    /// Goes on where a state was taken. The caller has checked that it is of the same run.
    ///
    /// # Errors
    /// If the state is of another run.
    pub fn resume(&mut self, state: RunState) -> Result<()> {
        let (part, left) = &state.before;
        let fits = *part < self.parts.steps.len().max(1) && left.len() == self.parts.left_after(*part);
        if !fits
            || state.step > self.parts.steps.get(*part).copied().unwrap_or_default()
            || state.arena[0].len() != self.adapter.arena().weights().len()
        {
            let problem = format!("it is at step {} of training {part} of another run", state.step);
            return Err(Error::OtherRun { file: "state".to_owned(), problem });
        }
        (self.part, self.left) = state.before.clone();
        self.resumed = Some(state);
        Ok(())
    }

    fn steps_before(&self) -> usize {
        self.parts.steps[..self.part].iter().sum()
    }

    /// Begins the training that is next. After the last fold, what was held out is compared first: if the adapter is no
    /// better, there is none.
    fn begin(&mut self) -> Result<Option<Comparison>> {
        let prepared = self.prepared.as_ref().expect("what was prepared");
        let mut compared = None;
        if self.parts.steps.is_empty() {
            return Ok(None);
        }
        if self.part == self.parts.folds() {
            let comparison = self.parts.compare(prepared, &self.left);
            let better = comparison.kept == Kept::Adapter;
            compared = self.comparison.is_none().then(|| comparison.clone());
            self.comparison = Some(comparison);
            if !better {
                self.trainer = None;
                return Ok(compared);
            }
        }
        let (lessons, head) = self.parts.lessons(self.part, prepared);
        let file = head.put_into(&self.start);
        self.trainer = Some(Trainer::new(self.backbone, &file, self.config.clone(), lessons, None)?);
        Ok(compared)
    }

    /// Takes what a training has learned, and begins the next one or ends the run.
    async fn end_training(&mut self) -> Result<Option<Comparison>> {
        let trainer = self.trainer.as_ref().expect("a training");
        let Progress { tokens, elapsed, .. } = trainer.progress();
        let trained = trainer.adapter().to_file(self.backbone.device()).await?;
        let l2 = self.prepared.as_ref().expect("what was prepared").l2;
        if self.part < self.parts.folds() {
            // Only now, so that a call that was given up has left nothing.
            let mut left = self.left.clone();
            for (scale, file) in self.parts.scaled(&trained).enumerate() {
                let adapter = Adapter::load(self.backbone, &file)?;
                let features = features(self.backbone, &adapter, self.parts.all(), &mut |_| {}).await?;
                self.parts.leave(self.part, (scale, &features), l2, &mut left);
            }
            self.left = left;
            self.part += 1;
            self.before = (self.before.0 + tokens, self.before.1 + elapsed);
            return self.begin();
        }
        let scale = self.comparison.as_ref().map_or(0, |found| self.parts.place_of(found.scale));
        let file = self.parts.scaled(&trained).nth(scale).expect("a scale that was tried");
        let adapter = Adapter::load(self.backbone, &file)?;
        let features = features(self.backbone, &adapter, self.parts.all(), &mut |_| {}).await?;
        let dim = features.len() / self.parts.labels.len();
        let (held_out, truth, distances) = self.parts.held_out(scale, &self.left);
        let familiar = familiar(&features, dim, &self.parts.labels, distances);
        self.knowledge = knowledge(&held_out, self.parts.classes, &truth, familiar);
        // What the training has made of the head, logistic regression makes better.
        let head = fit(&features, dim, &self.parts.labels, self.parts.classes, l2, None);
        let adapter = Adapter::load(self.backbone, &head.put_into(&file))?;
        self.finish(adapter);
        self.before = (self.before.0 + tokens, self.before.1 + elapsed);
        Ok(None)
    }

    /// Ends with the head on the bare backbone.
    fn keep_head(&mut self) -> Result<()> {
        let prepared = self.prepared.as_ref().expect("what was prepared");
        let mut bare = prepared.head.put_into(&self.start).without_modules(self.backbone.config())?;
        bare.metadata.backbone_fingerprint = self.start.metadata.backbone_fingerprint;
        let (labels, dim) = (&self.parts.labels, prepared.head.dim);
        let distances = leave_one_out(&prepared.features, dim, labels);
        let familiar = distances.and_then(|distances| familiar(&prepared.features, dim, labels, distances));
        let (held_out, truth) = self.parts.judged(&prepared.held_out);
        self.knowledge = knowledge(&held_out, self.parts.classes, &truth, familiar);
        let adapter = Adapter::load(self.backbone, &bare)?;
        self.finish(adapter);
        Ok(())
    }

    fn finish(&mut self, adapter: Adapter) {
        (self.adapter, self.trainer, self.finished) = (adapter, None, true);
    }
}
