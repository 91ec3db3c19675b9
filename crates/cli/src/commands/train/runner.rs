//! The run itself: steps with their progress, log, checkpoints and Ctrl-C.

use graftwork::{AdapterFile, Backbone, Examples, Recipe, TrainConfig, Trainer, Turn, block_on};

use super::cannot;
use super::log::StepLog;
use super::out_dir::OutDir;
use crate::args::Train;
use crate::engine::read_adapter;
use crate::failure::{Failure, Kind, Result};
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::report;

/// A run and what it needs around it.
pub struct Runner<'a> {
    pub backbone: &'a Backbone,
    pub identity: String,
    pub config: TrainConfig,
    pub recipe: Recipe,
    pub interrupt: &'a Interrupt,
    pub quiet: bool,
    pub args: &'a Train,
    pub out: &'a OutDir,
}

/// How a run ended.
pub enum Outcome {
    /// With an adapter.
    Finished(Box<AdapterFile>, Speed),
    /// With a checkpoint.
    Interrupted { step: usize, total_steps: usize },
}

/// How fast this process trained: a resumed run counts from where it went on, a finished one not at all.
#[derive(Default)]
pub struct Speed {
    /// Steps done, those before an interruption too.
    pub steps: usize,
    /// Time spent in steps.
    pub seconds: f64,
    /// Tokens trained on in that time.
    pub tokens_per_second: f64,
}

impl Runner<'_> {
    /// Trains to the end, or to the next Ctrl-C.
    /// Data sets come with the head that each teaches, if that is named, and what it is measured on.
    pub fn run(
        &self,
        file: &AdapterFile,
        data: Vec<(Option<String>, &Examples, Option<&Examples>)>,
    ) -> Result<Outcome> {
        let config = self.config.clone();
        let train = data[0].1;
        let mut trainer = match self.recipe {
            Recipe::Standard => {
                let heads = &self.args.adapter.heads;
                let parts = super::start::parts(heads, data)?;
                self.backbone.course(file, config, &parts, heads.sampling.into())?
            }
            Recipe::FewShot => self.backbone.few_shot(file, config, train)?,
            Recipe::Probe => self.backbone.head_alone(file, config, train)?,
        };
        self.resume(&mut trainer)?;
        // Only now is there something to save: what was done so far, Ctrl-C may end at once.
        self.interrupt.install()?;
        let start = trainer.progress();
        let mut log = self.args.log.as_deref().map(|path| StepLog::open(path, start.step)).transpose()?;
        let mut progress = Progress::training(start.total_steps, self.quiet);
        progress.start_at(start.step);
        let (most, mut saved) = (trainer.steps_per_turn(), start.step);
        loop {
            let Some(turn) = self.interrupt.unless_set(trainer.turn(most)) else {
                self.write_checkpoint(&trainer)?;
                return Ok(Outcome::Interrupted { step: trainer.progress().step, total_steps: start.total_steps });
            };
            let now = trainer.progress();
            // Of several trainings one after the other, one is over.
            let mut is_over = false;
            match turn? {
                Turn::Steps(reports) => {
                    is_over = reports.is_empty();
                    if let Some(last) = reports.last() {
                        progress.step(last, &now);
                    }
                    if let (Some(log), Some(path)) = (&mut log, &self.args.log) {
                        log.write(&reports, &now).map_err(|e| cannot("write", path, &e))?;
                    }
                }
                Turn::Evaluated { head, evaluation, further, best } => {
                    let mark = if best { "  (best)" } else { "" };
                    let of = |(head, found): &(String, _)| match further.is_empty() {
                        true => report::summary(found),
                        false => format!("{head}: {}", report::summary(found)),
                    };
                    let first = (head, evaluation);
                    let all = std::iter::once(&first).chain(&further).map(of).collect::<Vec<_>>().join("; ");
                    progress.say(&format!("step {}: dev {all}{mark}", now.step));
                }
                Turn::Compared(comparison) => progress.say(&report::comparison(&comparison)),
                Turn::Finished => break,
            }
            // Measuring may take long: what the steps before it have learned is safe first.
            if is_over || trainer.is_evaluation_due() || now.step - saved >= self.args.run.checkpoint_every {
                self.write_checkpoint(&trainer)?;
                saved = now.step;
            }
        }
        let end = trainer.progress();
        let speed =
            Speed { steps: end.step, seconds: end.elapsed.as_secs_f64(), tokens_per_second: end.tokens_per_second() };
        let trained = block_on(trainer.to_file())?;
        Ok(Outcome::Finished(Box::new(trained), speed))
    }

    fn write_checkpoint(&self, trainer: &Trainer<'_>) -> Result<()> {
        let state = block_on(trainer.state(&self.identity))?;
        Ok(state.save(&self.out.checkpoint())?)
    }

    /// The adapter in `--out`, if this very run has written it and is only asked to go on.
    pub fn already_finished(&self) -> Option<AdapterFile> {
        let out = self.out.path();
        if !self.args.resume || self.out.checkpoint().exists() || !out.join("adapter_config.json").exists() {
            return None;
        }
        let file = read_adapter(out, false).ok()?;
        if file.metadata.training.get("run").and_then(|run| run.as_str()) != Some(&self.identity) {
            return None;
        }
        if !self.quiet {
            eprintln!("this run is finished: its adapter is in {}", out.display());
        }
        Some(file)
    }

    /// Goes back to the checkpoint in `--out`, if that is wanted and there is one.
    fn resume(&self, trainer: &mut Trainer<'_>) -> Result<()> {
        let path = self.out.checkpoint();
        if !path.exists() {
            if self.args.resume && !self.quiet {
                eprintln!("there is no checkpoint in {}: starting from the beginning", self.out.path().display());
            }
            return Ok(());
        }
        if !self.args.resume {
            if !self.quiet {
                eprintln!("note: {} is replaced; --resume would go on from it", path.display());
            }
            return Ok(());
        }
        let state = trainer.adapter().load_state(&path)?;
        if state.run != self.identity {
            let message = format!("the checkpoint {} is of another run", path.display());
            return Err(Failure::new(Kind::Input, message)
                .hint("resume with the options, data and backbone that it was started with, or without --resume"));
        }
        trainer.resume(state, &self.identity)?;
        if !self.quiet {
            eprintln!("going on after step {}", trainer.progress().step);
        }
        Ok(())
    }
}
