//! Which examples each step sees, worked out as the run gets there: a plan of a million epochs takes no more memory than
//! one of three.

use graftwork_text::{BatchSize, count_batches, plan, shuffled};

use crate::probe::by_label;
use crate::{Error, Result, TrainConfig};

/// AdamW's kernel and the random numbers of dropout count steps in 32 bits.
const MAX_STEPS: usize = u32::MAX as usize;
/// Examples that are shuffled only to count their batches: half a minute of it.
const MAX_SHUFFLED: usize = u32::MAX as usize;

/// The batches of a run, one epoch at a time.
pub(crate) struct Plan {
    lengths: Vec<usize>,
    /// The examples of each label, if every label is to come as often as the others.
    labels: Option<Vec<Vec<usize>>>,
    batch_size: BatchSize,
    /// Seed of the epochs' orders, unless they all have that of the data.
    shuffle: Option<u64>,
    /// Steps of each epoch, where that is one number: with a budget of tokens it depends on the epoch's order.
    steps_per_epoch: Option<usize>,
    total_steps: usize,
    epoch: usize,
    /// Steps before this epoch.
    before: usize,
    batches: Vec<Vec<usize>>,
}

/// What one step sees.
pub(crate) struct PlannedStep<'a> {
    pub examples: &'a [usize],
    /// The tokens of all examples, by their place.
    pub lengths: &'a [usize],
    pub tokens: usize,
    pub epoch: usize,
    pub ends_epoch: bool,
}

impl Plan {
    /// Counts the steps and lays out the first epoch; `lengths` are those of the examples in tokens. With `labels`, one an
    /// example, an epoch takes the labels in turns until each example of the largest was there: those of smaller ones come
    /// again.
    ///
    /// # Errors
    /// If there are more steps than can be counted.
    pub fn new(config: &TrainConfig, lengths: Vec<usize>, labels: Option<&[usize]>) -> Result<Self> {
        let mut plan = Self {
            lengths,
            labels: labels.map(|labels| by_label(labels).into_iter().filter(|members| !members.is_empty()).collect()),
            batch_size: config.batches(),
            shuffle: config.shuffle.then_some(config.seed),
            steps_per_epoch: None,
            total_steps: 0,
            epoch: 0,
            before: 0,
            batches: Vec::new(),
        };
        plan.batches = plan.batches_of(0);
        if plan.shuffle.is_none() || matches!(plan.batch_size, BatchSize::Count(_)) {
            plan.steps_per_epoch = Some(plan.batches.len());
        }
        plan.total_steps = plan.count(config.epochs, config.max_steps.unwrap_or(usize::MAX))?;
        Ok(plan)
    }

    /// Steps of the whole run, unless it stops early.
    pub fn total_steps(&self) -> usize {
        self.total_steps
    }

    /// What the step after `done` steps sees.
    pub fn step(&mut self, done: usize) -> PlannedStep<'_> {
        if !(self.before..self.before + self.batches.len()).contains(&done) {
            self.go_to(done);
        }
        let at = done - self.before;
        let examples = &self.batches[at];
        let tokens = examples.iter().map(|example| self.lengths[*example]).sum();
        PlannedStep {
            examples,
            lengths: &self.lengths,
            tokens,
            epoch: self.epoch,
            ends_epoch: at + 1 == self.batches.len(),
        }
    }

    fn go_to(&mut self, done: usize) {
        if done < self.before {
            (self.epoch, self.before) = (0, 0);
        }
        loop {
            let steps = self.steps(self.epoch);
            if done - self.before < steps {
                break;
            }
            self.before += steps;
            self.epoch += 1;
        }
        self.batches = self.batches_of(self.epoch);
    }

    /// Steps of so many epochs, and at most `most`.
    fn count(&self, epochs: usize, most: usize) -> Result<usize> {
        let refuse = |must: &str| Err(Error::Setting { setting: "epochs", must: must.to_owned() });
        let mut total = 0_usize;
        if let Some(steps) = self.steps_per_epoch {
            total = steps.saturating_mul(epochs);
        } else {
            let epochs = epochs.min(most.div_ceil(self.fewest_steps()));
            if epochs.saturating_mul(self.epoch_len()) > MAX_SHUFFLED {
                return refuse("be fewer where a batch is a number of tokens, or max steps must end the run sooner");
            }
            for epoch in 0..epochs {
                total += self.steps(epoch);
                if total >= most {
                    break;
                }
            }
        }
        check_steps(total.min(most))
    }

    /// Steps of an epoch.
    pub fn steps(&self, epoch: usize) -> usize {
        let counted = || count_batches(&self.lengths, &self.order(epoch), self.batch_size);
        self.steps_per_epoch.unwrap_or_else(counted)
    }

    /// Steps that any order of the examples needs at least.
    fn fewest_steps(&self) -> usize {
        match self.batch_size {
            BatchSize::Count(most) => self.epoch_len().div_ceil(most),
            BatchSize::Tokens(most) => {
                self.lengths.iter().map(|length| length.min(&most)).sum::<usize>().div_ceil(most)
            }
        }
    }

    fn order(&self, epoch: usize) -> Vec<usize> {
        let shuffle = |n: usize, salt: u64| match self.shuffle {
            Some(seed) => shuffled(n, seed.wrapping_add(salt), epoch as u64),
            None => (0..n).collect(),
        };
        let Some(labels) = &self.labels else { return shuffle(self.lengths.len(), 0) };
        let queues: Vec<_> = labels.iter().zip(1..).map(|(members, salt)| shuffle(members.len(), salt)).collect();
        let largest = labels.iter().map(Vec::len).max().unwrap_or_default();
        let turn = |place: usize| {
            let next = |label: usize| labels[label][queues[label][place % queues[label].len()]];
            shuffle(labels.len(), u64::MAX - place as u64).into_iter().map(next).collect::<Vec<_>>()
        };
        (0..largest).flat_map(turn).collect()
    }

    /// Examples of an epoch, with those that come again.
    fn epoch_len(&self) -> usize {
        let Some(labels) = &self.labels else { return self.lengths.len() };
        labels.len() * labels.iter().map(Vec::len).max().unwrap_or_default()
    }

    fn batches_of(&self, epoch: usize) -> Vec<Vec<usize>> {
        plan(&self.lengths, &self.order(epoch), self.batch_size)
    }
}

/// Refuses more steps than can be counted.
pub(crate) fn check_steps(steps: usize) -> Result<usize> {
    if steps <= MAX_STEPS {
        return Ok(steps);
    }
    let must = "be fewer, or max steps less: a run has at most 4294967295 steps".to_owned();
    Err(Error::Setting { setting: "epochs", must })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTHS: [usize; 7] = [3, 9, 4, 4, 12, 5, 6];

    fn config(epochs: usize, size: BatchSize) -> TrainConfig {
        let config = TrainConfig { epochs, ..TrainConfig::default() };
        match size {
            BatchSize::Count(batch_size) => TrainConfig { batch_size, ..config },
            BatchSize::Tokens(tokens) => TrainConfig { batch_tokens: Some(tokens), ..config },
        }
    }

    fn plan_of(epochs: usize, batch_size: BatchSize, shuffle: bool) -> Plan {
        let config = TrainConfig { shuffle, ..config(epochs, batch_size) };
        Plan::new(&config, LENGTHS.to_vec(), None).unwrap()
    }

    #[test]
    fn steps_are_those_of_all_epochs_planned_at_once() {
        for batch_size in [BatchSize::Count(3), BatchSize::Tokens(13)] {
            for shuffle in [true, false] {
                let mut planned = plan_of(9, batch_size, shuffle);
                let epochs: Vec<_> = (0..9).map(|epoch| planned.batches_of(epoch)).collect();
                let steps: Vec<_> = epochs.concat();
                assert_eq!(planned.total_steps(), steps.len(), "{batch_size:?}");
                // Forwards, and from any step as a resumed run does.
                for done in (0..steps.len()).chain([20, 3, 11, 0]) {
                    assert_eq!(planned.step(done).examples, steps[done], "{batch_size:?}, step {done}");
                    let ended = |epoch: &usize| epochs[..=*epoch].iter().map(Vec::len).sum::<usize>() <= done;
                    assert_eq!(planned.step(done).epoch, (0..9).take_while(ended).count());
                }
                let ends = (0..steps.len()).filter(|done| planned.step(*done).ends_epoch).count();
                assert_eq!(ends, 9);
                assert_eq!(planned.step(0).tokens, steps[0].iter().map(|i| LENGTHS[*i]).sum::<usize>());
            }
        }
    }

    #[test]
    fn the_epochs_differ_where_that_matters() {
        let planned = plan_of(1, BatchSize::Tokens(13), true);
        let counts: Vec<_> = (0..20).map(|epoch| planned.batches_of(epoch).len()).collect();
        assert!(counts.iter().any(|count| *count != counts[0]), "{counts:?}");
        assert!(counts.iter().all(|count| *count >= planned.fewest_steps()));
    }

    #[test]
    fn every_label_comes_as_often() {
        // Five of label 0, one of label 1, two of label 3.
        let labels = [0, 0, 3, 0, 1, 0, 3, 0];
        let planned = Plan::new(&config(4, BatchSize::Count(6)), vec![4; 8], Some(&labels)).unwrap();
        assert_eq!(planned.total_steps(), 4 * 3);
        for epoch in 0..4 {
            let order = planned.order(epoch);
            let count = |example| order.iter().filter(|other| **other == example).count();
            assert_eq!([0, 1, 3, 5, 7].map(count), [1; 5], "each of the largest label once");
            assert_eq!(count(4), 5);
            assert_eq!((count(2) + count(6), count(2).abs_diff(count(6))), (5, 1));
            for turn in order.chunks(3) {
                let mut found: Vec<usize> = turn.iter().map(|example| labels[*example]).collect();
                found.sort_unstable();
                assert_eq!(found, [0, 1, 3]);
            }
            assert_ne!(order, planned.order(epoch + 1));
        }
    }

    #[test]
    fn epochs_without_end() {
        let refused = |batch_size, max_steps| {
            let config = TrainConfig { max_steps, ..config(usize::MAX, batch_size) };
            Plan::new(&config, LENGTHS.to_vec(), None).map(|plan| plan.total_steps()).map_err(|error| error.to_string())
        };
        for batch_size in [BatchSize::Count(3), BatchSize::Tokens(13)] {
            let message = refused(batch_size, None).unwrap_err();
            assert!(message.contains("epochs must be fewer") && message.contains("max steps"), "{message}");
            assert_eq!(refused(batch_size, Some(1000)), Ok(1000));
        }
        assert_eq!(plan_of(1_000_000_000, BatchSize::Count(3), true).total_steps(), 3_000_000_000);
    }
}
