//! What a trainer tells about its run.

use web_time::Duration;

use crate::evaluate::Evaluation;
use crate::few_shot::Comparison;
use crate::optimizer::StepReport;

/// What the trainer tells while it runs.
#[derive(Debug)]
pub enum Event<'a> {
    /// Some steps are done; reported a few at a time, since looking costs a wait for the device.
    Steps(&'a [StepReport], Progress),
    /// The dev data was evaluated.
    Evaluated {
        /// After which step.
        step: usize,
        /// Which head was measured; empty where the training names none.
        head: &'a str,
        /// What came out.
        evaluation: &'a Evaluation,
        /// The same of the other heads that learn, by name.
        further: &'a [(String, Evaluation)],
        /// Whether it is the best so far.
        best: bool,
    },
    /// What the cross-validation of a run for few examples found.
    Compared(&'a Comparison),
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Steps done.
    pub step: usize,
    /// Steps in all, unless it stops early.
    pub total_steps: usize,
    /// Tokens trained on since this process began.
    pub tokens: usize,
    /// Time spent in training steps since this process began.
    pub elapsed: Duration,
}

impl Progress {
    /// Tokens a second.
    pub fn tokens_per_second(&self) -> f64 {
        self.tokens as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All steps are done, or it stopped early by its own rule.
    Finished,
    /// The observer asked to stop; a checkpoint of this moment resumes it.
    Stopped,
}

/// What one [`Trainer::turn`](crate::Trainer::turn) did.
#[derive(Debug)]
pub enum Turn {
    /// Some steps.
    Steps(Vec<StepReport>),
    /// The dev data was evaluated.
    Evaluated {
        /// Which head was measured; empty where the training names none.
        head: String,
        /// What came out.
        evaluation: Evaluation,
        /// The same of the other heads that learn, by name.
        further: Vec<(String, Evaluation)>,
        /// Whether it is the best so far.
        best: bool,
    },
    /// Of a run for few examples: what its cross-validation found.
    Compared(Comparison),
    /// The run is over; the adapter has its final weights.
    Finished,
}

impl Turn {
    /// The same turn of a run that has taken so many steps before.
    #[must_use]
    pub fn after(mut self, steps: usize) -> Self {
        if let Self::Steps(reports) = &mut self {
            reports.iter_mut().for_each(|report| report.step += steps);
        }
        self
    }

    /// What an observer hears of it, where the run now stands at `now`; nothing of its end.
    #[must_use]
    pub fn event(&self, now: Progress) -> Option<Event<'_>> {
        match self {
            Self::Steps(reports) => Some(Event::Steps(reports, now)),
            Self::Evaluated { head, evaluation, further, best } => {
                Some(Event::Evaluated { step: now.step, head, evaluation, further, best: *best })
            }
            Self::Compared(comparison) => Some(Event::Compared(comparison)),
            Self::Finished => None,
        }
    }
}
