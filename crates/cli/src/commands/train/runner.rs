//! The run itself: steps with their progress, log, checkpoints and Ctrl-C.

use std::ops::ControlFlow;
use std::path::PathBuf;

use graftwork::checkpoint::RunState;
use graftwork::{AdapterFile, Backbone, Ending, Event, Examples, TrainConfig, Trainer};
use pollster::block_on;

use super::cannot;
use super::log::StepLog;
use crate::args::Train;
use crate::engine::read_adapter;
use crate::failure::{Failure, Kind, Result};
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::report;

/// The name of the checkpoint in `--out`.
const CHECKPOINT: &str = "checkpoint.safetensors";

/// A run and what it needs around it.
pub struct Runner<'a> {
    pub backbone: &'a Backbone,
    pub identity: String,
    pub config: TrainConfig,
    pub interrupt: Interrupt,
    pub quiet: bool,
    pub args: &'a Train,
}

/// How a run ended.
pub enum Outcome {
    /// With an adapter.
    Finished(Box<AdapterFile>, Speed),
    /// With a checkpoint.
    Interrupted { step: usize, total_steps: usize },
}

/// How fast this process trained: a resumed run counts from where it went on, a finished one not at all.
pub struct Speed {
    /// Steps done, those before an interruption too.
    pub steps: usize,
    /// Time spent in steps.
    pub seconds: f64,
    /// Tokens trained on in that time.
    pub tokens_per_second: f64,
}

/// What the observer of the steps keeps.
struct Watch {
    progress: Progress,
    log: Option<StepLog>,
    failure: Option<Failure>,
    last_checkpoint: usize,
    checkpoint_due: bool,
}

impl Runner<'_> {
    /// Trains to the end, or to the next Ctrl-C.
    pub fn run(&self, file: &AdapterFile, train: &Examples, dev: &Examples) -> Result<Outcome> {
        if let Some(file) = self.already_finished()? {
            return Ok(Outcome::Finished(Box::new(file), Speed { steps: 0, seconds: 0.0, tokens_per_second: 0.0 }));
        }
        let mut trainer = Trainer::new(self.backbone.model(), file, self.config.clone(), train, Some(dev))?;
        self.resume(&mut trainer)?;
        let start = trainer.progress();
        let log = self.args.log.as_deref().map(|path| StepLog::open(path, start.step)).transpose()?;
        let progress = Progress::training(start.total_steps, self.quiet);
        progress.start_at(start.step);
        let mut watch = Watch { progress, log, failure: None, last_checkpoint: start.step, checkpoint_due: false };

        // The trainer stops for every checkpoint and is set going again: what waits for the device can then wait here.
        loop {
            let ending = block_on(trainer.run(&mut |trainer, event| self.watch(trainer, event, &mut watch)))?;
            if let Some(failure) = watch.failure {
                return Err(failure);
            }
            if ending == Ending::Finished {
                break;
            }
            self.write_checkpoint(&trainer)?;
            let now = trainer.progress();
            (watch.last_checkpoint, watch.checkpoint_due) = (now.step, false);
            if self.interrupt.is_set() {
                return Ok(Outcome::Interrupted { step: now.step, total_steps: now.total_steps });
            }
        }
        let end = trainer.progress();
        let speed =
            Speed { steps: end.step, seconds: end.elapsed.as_secs_f64(), tokens_per_second: end.tokens_per_second() };
        let trained = block_on(trainer.adapter().to_file(self.backbone.device()))?;
        Ok(Outcome::Finished(Box::new(trained), speed))
    }

    /// Shows and logs what happened, and says whether to stop for a checkpoint.
    fn watch(&self, trainer: &Trainer<'_>, event: Event<'_>, watch: &mut Watch) -> ControlFlow<()> {
        let logged = match event {
            Event::Steps(reports, progress) => {
                if let Some(last) = reports.last() {
                    watch.progress.step(last, &progress);
                }
                watch.log.as_mut().map(|log| log.write(reports, &progress))
            }
            Event::Evaluated { step, evaluation, best } => {
                let mark = if best { "  (best)" } else { "" };
                watch.progress.say(&format!("step {step}: dev {}{mark}", report::summary(evaluation)));
                watch.checkpoint_due = true;
                None
            }
        };
        if let Some(Err(error)) = logged {
            let path = self.args.log.clone().unwrap_or_default();
            watch.failure = Some(cannot("write", &path, &error));
            return ControlFlow::Break(());
        }
        let since = trainer.progress().step - watch.last_checkpoint;
        if self.interrupt.is_set() || watch.checkpoint_due || since >= self.args.run.checkpoint_every {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn checkpoint(&self) -> PathBuf {
        self.args.out.join(CHECKPOINT)
    }

    fn write_checkpoint(&self, trainer: &Trainer<'_>) -> Result<()> {
        let state = block_on(trainer.state(&self.identity))?;
        state.save(&self.checkpoint())?;
        Ok(())
    }

    /// The adapter in `--out`, if this very run has written it and is only asked to go on.
    fn already_finished(&self) -> Result<Option<AdapterFile>> {
        let out = &self.args.out;
        if !self.args.resume || self.checkpoint().exists() || !out.join("adapter_config.json").exists() {
            return Ok(None);
        }
        let Ok(file) = read_adapter(out, false) else { return Ok(None) };
        if file.metadata.training.get("run").and_then(|run| run.as_str()) != Some(&self.identity) {
            return Ok(None);
        }
        if !self.quiet {
            eprintln!("this run is finished: its adapter is in {}", out.display());
        }
        Ok(Some(file))
    }

    /// Goes back to the checkpoint in `--out`, if that is wanted and there is one.
    fn resume(&self, trainer: &mut Trainer<'_>) -> Result<()> {
        let path = self.checkpoint();
        if !path.exists() {
            if self.args.resume && !self.quiet {
                eprintln!("there is no checkpoint in {}: starting from the beginning", self.args.out.display());
            }
            return Ok(());
        }
        if !self.args.resume {
            if !self.quiet {
                eprintln!("note: {} is replaced; --resume would go on from it", path.display());
            }
            return Ok(());
        }
        let state = RunState::load(&path, trainer.adapter().arena().weights().len())?;
        if state.run != self.identity {
            let message = format!("the checkpoint {} is of another run", path.display());
            return Err(Failure::new(Kind::Input, message)
                .hint("resume with the options, data and backbone that it was started with, or without --resume"));
        }
        trainer.resume(state)?;
        if !self.quiet {
            eprintln!("going on after step {}", trainer.progress().step);
        }
        Ok(())
    }

    /// Removes what a finished run no longer needs.
    pub fn remove_checkpoint(&self) {
        // It is a few megabytes at most; failing to remove it does no harm.
        let _ = std::fs::remove_file(self.checkpoint());
    }
}
