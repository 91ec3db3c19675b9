//! The training loop: encode -> pack -> upload -> step -> evaluate -> keep the best.

pub(crate) mod shared;
mod step;

use std::ops::ControlFlow;

use graftwork_model::{Adapter, AdapterFile, Backbone};
use graftwork_tensor::give_way;
use web_time::{Duration, Instant};

use crate::checkpoint::{Best, RunState};
use crate::course::Course;
use crate::evaluate::Evaluation;
use crate::events::{Ending, Event, Progress, Turn};
use crate::kept::Room;
use crate::lessons::Lessons;
use crate::optimizer::{Optimizer, RING};
use crate::tasks::{Draw, Examples};
use crate::taught::Taught;
use crate::turns::Turns;
use crate::{Error, Result, TrainConfig};

/// Trains one adapter on one backbone.
pub struct Trainer<'a> {
    backbone: &'a Backbone,
    adapter: Adapter,
    optimizer: Optimizer,
    config: TrainConfig,
    parts: Vec<Taught<'a>>,
    plan: Turns,
    step: usize,
    reported: usize,
    stale: usize,
    evaluation_due: bool,
    best: Option<Best>,
    best_weights: Option<Vec<f32>>,
    tokens: usize,
    elapsed: Duration,
    /// When the step began whose gradients are computed in shares.
    began: Instant,
}

impl<'a> Trainer<'a> {
    /// Uploads the adapter and plans the run, over examples that teach its first head.
    ///
    /// # Errors
    /// If a setting makes no sense, the adapter does not fit the backbone, or its head lacks a label of the data.
    pub fn new(
        backbone: &'a Backbone,
        file: &AdapterFile,
        config: TrainConfig,
        train: impl Into<Lessons<'a>>,
        dev: Option<&'a dyn Examples>,
    ) -> Result<Self> {
        Self::of_course(backbone, file, config, Course::of(train.into(), dev))
    }

    /// The same over data sets, each of which teaches one head or several.
    ///
    /// # Errors
    /// As [`Trainer::new`], and if a data set teaches a head that the adapter does not have.
    pub fn of_course(
        backbone: &'a Backbone,
        file: &AdapterFile,
        config: TrainConfig,
        course: Course<'a>,
    ) -> Result<Self> {
        config.validate()?;
        Draw::of(&config, 0)?;
        let adapter = match config.freeze_adapter {
            true => Adapter::load_head_trainable(backbone, file)?,
            false => Adapter::load_trainable(backbone, file)?,
        };
        let room = Room::new(config.keep_bytes());
        let mut parts = Vec::new();
        let mut plans = Vec::new();
        for (part, number) in course.parts.into_iter().zip(0..) {
            let part = Taught::new(backbone, (file, &adapter), part, (&config, &room))?;
            // Data sets of as many examples are not to have the same order.
            let own = TrainConfig { seed: config.seed.wrapping_add(number), ..config.clone() };
            plans.push(part.lessons.plan(&own)?);
            parts.push(part);
        }
        if parts.is_empty() {
            return Err(Error::NoExamples { what: "training" });
        }
        let plan = Turns::new(plans, course.sampling, &config)?;
        let optimizer = Optimizer::new(backbone.device(), &adapter);
        Ok(Self {
            backbone,
            adapter,
            optimizer,
            config,
            parts,
            plan,
            step: 0,
            reported: 0,
            stale: 0,
            evaluation_due: false,
            best: None,
            best_weights: None,
            tokens: 0,
            elapsed: Duration::ZERO,
            began: Instant::now(),
        })
    }

    /// What it trains on.
    pub fn backbone(&self) -> &'a Backbone {
        self.backbone
    }

    /// The adapter, as far as it is trained.
    pub fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    /// How far the run is.
    pub fn progress(&self) -> Progress {
        Progress { step: self.step, total_steps: self.plan.total_steps(), tokens: self.tokens, elapsed: self.elapsed }
    }

    /// The best evaluation so far.
    pub fn best(&self) -> Option<Best> {
        self.best
    }

    /// Whether the next turn evaluates the dev data. What the steps before it have learned may be saved first, as the
    /// [`state`](Trainer::state) of a run.
    pub fn is_evaluation_due(&self) -> bool {
        self.evaluation_due
    }

    /// Steps whose reports are best waited for together: on a CPU they are there as soon as the step is.
    pub fn steps_per_turn(&self) -> usize {
        if self.backbone.device().as_gpu().is_some() { RING } else { 1 }
    }

    /// Runs until the end, or until the observer breaks. At the end the adapter has the weights of the best
    /// evaluation, if those are kept.
    ///
    /// # Errors
    /// If the device fails, or the loss is no longer a number.
    pub async fn run(&mut self, observer: &mut impl FnMut(&Self, Event<'_>) -> ControlFlow<()>) -> Result<Ending> {
        let mut stop = false;
        loop {
            let turn = self.turn(self.steps_per_turn()).await?;
            match turn.event(self.progress()) {
                Some(event) => stop |= observer(self, event).is_break(),
                None => return Ok(Ending::Finished),
            }
            if stop && !self.evaluation_due && self.step < self.plan.total_steps() {
                return Ok(Ending::Stopped);
            }
            give_way().await;
        }
    }

    /// One piece of [`Trainer::run`], for callers that have something to wait for in between: takes at most `most`
    /// steps (from 1 to 16, and none past an evaluation), or evaluates if that is due, or ends. How the steps are
    /// cut into turns changes nothing of the result. An evaluation may be given up by dropping the future: it stays due.
    ///
    /// # Errors
    /// As [`Trainer::run`].
    pub async fn turn(&mut self, most: usize) -> Result<Turn> {
        if self.evaluation_due {
            let evaluated = self.evaluate_dev().await?;
            self.evaluation_due = false;
            return Ok(evaluated);
        }
        if self.step < self.plan.total_steps() && !self.is_out_of_patience() {
            let most = self.step + most.clamp(1, RING);
            while self.step < most.min(self.plan.total_steps()) && !self.evaluation_due {
                self.evaluation_due = self.record_step().await?;
            }
            return Ok(Turn::Steps(self.report().await?));
        }
        if let Some(weights) = &self.best_weights {
            self.backbone.device().write(self.adapter.arena().weights(), weights);
        }
        Ok(Turn::Finished)
    }

    /// Everything that [`Trainer::resume`] needs; `run` identifies the run's settings and data.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn state(&self, run: &str) -> Result<RunState> {
        let device = self.backbone.device();
        let [m, v] = self.optimizer.moments();
        let mut arena =
            [device.read(self.adapter.arena().weights()).await?, device.read(m).await?, device.read(v).await?];
        // What is frozen has no moments.
        let n = arena[0].len();
        arena.iter_mut().for_each(|values| values.resize(n, 0.0));
        Ok(RunState {
            run: run.to_owned(),
            step: self.step,
            stale: self.stale,
            evaluation_due: self.evaluation_due,
            best: self.best,
            arena,
            best_weights: self.best_weights.clone(),
            before: (0, Vec::new()),
        })
    }

    /// Goes on where a state was taken. The caller has checked that it is of the same run.
    ///
    /// # Errors
    /// If the state is of another adapter or beyond the end of the run.
    pub fn resume(&mut self, state: RunState) -> Result<()> {
        let n = self.adapter.arena().weights().len();
        let fits = state.arena.iter().all(|values| values.len() == n) && state.step <= self.plan.total_steps();
        if !fits {
            let problem = format!("it is at step {} of another adapter or schedule", state.step);
            return Err(Error::OtherRun { file: "state".to_owned(), problem });
        }
        let device = self.backbone.device();
        let [m, v] = self.optimizer.moments();
        for (tensor, values) in [self.adapter.arena().weights(), m, v].into_iter().zip(&state.arena) {
            device.write(tensor, &values[..tensor.len()]);
        }
        (self.step, self.reported, self.stale) = (state.step, state.step, state.stale);
        self.evaluation_due = state.evaluation_due && self.has_dev();
        (self.best, self.best_weights) = (state.best, state.best_weights);
        Ok(())
    }

    fn has_dev(&self) -> bool {
        self.parts.iter().any(Taught::has_dev)
    }

    /// What chooses is the mean over the heads.
    async fn evaluate_dev(&mut self) -> Result<Turn> {
        let mut found = Vec::new();
        for part in &self.parts {
            found.extend(part.evaluate(self.backbone).await?);
        }
        let mean =
            |number: fn(&Evaluation) -> f64| found.iter().map(|(_, of)| number(of)).sum::<f64>() / found.len() as f64;
        let (score, loss) = (mean(|found| found.metrics.score()), mean(|found| found.loss));
        let better = self.best.is_none_or(|best| best.is_beaten_by(score, loss));
        if better {
            // All waiting comes before any change.
            if self.config.keep_best {
                self.best_weights = Some(self.backbone.device().read(self.adapter.arena().weights()).await?);
            }
            self.best = Some(Best { step: self.step, score, loss });
            self.stale = 0;
        } else {
            self.stale += 1;
        }
        let (head, evaluation) = found.remove(0);
        Ok(Turn::Evaluated { head, evaluation, further: found, best: better })
    }

    fn is_out_of_patience(&self) -> bool {
        self.config.patience.is_some_and(|patience| self.stale >= patience)
    }
}
