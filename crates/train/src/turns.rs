//! Which data set a step takes, and which of its examples.

use graftwork_text::shuffled;

use crate::course::Sampling;
use crate::plan::{Plan, PlannedStep, check_steps};
use crate::{Result, TrainConfig};

/// Tells the order of data sets from those of their examples, which have the same seed.
const SALT: u64 = 0x7475_726E;

/// The batches of a run over data sets, each of which has a plan of its own, as if it were alone.
pub(crate) struct Turns {
    plans: Vec<Plan>,
    /// Steps of each data set in an epoch, where all have as many.
    each: Option<usize>,
    /// Seed of the order, unless the data sets take turns as regularly as can be.
    shuffle: Option<u64>,
    total_steps: usize,
    epoch: usize,
    /// Steps before this epoch: of all, and of each data set.
    before: usize,
    done: Vec<usize>,
    /// The data set of each step of this epoch.
    order: Vec<usize>,
}

impl Turns {
    /// Counts the steps and lays out the first epoch.
    ///
    /// # Errors
    /// If there are more steps than can be counted.
    pub fn new(plans: Vec<Plan>, sampling: Sampling, config: &TrainConfig) -> Result<Self> {
        let first = || plans.iter().map(|plan| plan.steps(0)).max().unwrap_or_default();
        let each = (sampling == Sampling::Evenly && plans.len() > 1).then(first);
        let total = match each {
            Some(each) => each.saturating_mul(plans.len()).saturating_mul(config.epochs),
            None => plans.iter().map(Plan::total_steps).fold(0, usize::saturating_add),
        };
        let total_steps = check_steps(total.min(config.max_steps.unwrap_or(usize::MAX)))?;
        let (done, shuffle) = (vec![0; plans.len()], config.shuffle.then_some(config.seed));
        let mut turns = Self { plans, each, shuffle, total_steps, epoch: 0, before: 0, done, order: Vec::new() };
        turns.order = turns.order_of(0);
        Ok(turns)
    }

    /// Steps of the whole run, unless it stops early.
    pub fn total_steps(&self) -> usize {
        self.total_steps
    }

    /// What the step after `done` steps sees: which data set, and what of it. Its end of an epoch is that of all data sets.
    pub fn step(&mut self, done: usize) -> (usize, PlannedStep<'_>) {
        if done < self.before {
            (self.epoch, self.before) = (0, 0);
            self.done.fill(0);
            self.order = self.order_of(0);
        }
        while done - self.before >= self.order.len() {
            self.before += self.order.len();
            self.order.iter().for_each(|part| self.done[*part] += 1);
            self.epoch += 1;
            self.order = self.order_of(self.epoch);
        }
        let at = done - self.before;
        let part = self.order[at];
        let earlier = self.order[..at].iter().filter(|other| **other == part).count();
        let ends_epoch = at + 1 == self.order.len();
        (part, PlannedStep { ends_epoch, ..self.plans[part].step(self.done[part] + earlier) })
    }

    /// The data sets of an epoch's steps.
    fn order_of(&self, epoch: usize) -> Vec<usize> {
        let counts: Vec<usize> = self.plans.iter().map(|plan| self.each.unwrap_or_else(|| plan.steps(epoch))).collect();
        let total: usize = counts.iter().sum();
        // A data set's turns lie evenly over the epoch: the n-th of c at (2n + 1) / 2c.
        let mut taken = vec![0; counts.len()];
        let mut regular = Vec::with_capacity(total);
        while regular.len() < total {
            let is_before = |a: usize, b: usize| (2 * taken[a] + 1) * counts[b] < (2 * taken[b] + 1) * counts[a];
            let left = (0..counts.len()).filter(|part| taken[*part] < counts[*part]);
            let Some(next) = left.reduce(|first, other| if is_before(other, first) { other } else { first }) else {
                break;
            };
            taken[next] += 1;
            regular.push(next);
        }
        match self.shuffle {
            Some(seed) if counts.len() > 1 => shuffled(regular.len(), seed.wrapping_add(SALT), epoch as u64)
                .into_iter()
                .map(|at| regular[at])
                .collect(),
            _ => regular,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(shuffle: bool) -> TrainConfig {
        TrainConfig { epochs: 3, batch_size: 2, shuffle, ..TrainConfig::default() }
    }

    /// Five, two and one batches.
    fn turns(sampling: Sampling, config: &TrainConfig) -> Turns {
        let plan = |n: usize| Plan::new(config, vec![4; n], None).unwrap();
        Turns::new(vec![plan(9), plan(4), plan(1)], sampling, config).unwrap()
    }

    #[test]
    fn by_size_every_epoch_has_every_example_once() {
        for shuffle in [true, false] {
            let config = config(shuffle);
            let mut turns = turns(Sampling::BySize, &config);
            assert_eq!(turns.total_steps(), 3 * 8);
            let mut orders = Vec::new();
            for epoch in 0..3 {
                let mut seen = [vec![], vec![], vec![]];
                let mut order = Vec::new();
                for step in 8 * epoch..8 * (epoch + 1) {
                    let (part, planned) = turns.step(step);
                    assert_eq!((planned.epoch, planned.ends_epoch), (epoch, step % 8 == 7));
                    seen[part].extend_from_slice(planned.examples);
                    order.push(part);
                }
                seen.iter_mut().for_each(|seen| seen.sort_unstable());
                assert_eq!(seen.map(|seen| seen.len()), [9, 4, 1]);
                orders.push(order);
            }
            assert_eq!(orders[0] == orders[1], !shuffle, "{orders:?}");
        }
    }

    #[test]
    fn evenly_each_has_as_many_steps() {
        let config = config(true);
        let mut turns = turns(Sampling::Evenly, &config);
        assert_eq!(turns.total_steps(), 3 * 15);
        let mut small = Vec::new();
        for epoch in 0..3 {
            let parts: Vec<usize> = (15 * epoch..15 * (epoch + 1)).map(|step| turns.step(step).0).collect();
            assert_eq!([0, 1, 2].map(|part| parts.iter().filter(|other| **other == part).count()), [5; 3]);
        }
        for step in 0..45 {
            let (part, planned) = turns.step(step);
            if part == 1 {
                small.push((planned.epoch, planned.examples.to_vec()));
            }
        }
        // Two batches are an epoch of the small one, whatever the others do.
        assert_eq!(
            small.iter().map(|(epoch, _)| *epoch).collect::<Vec<_>>(),
            (0..15).map(|turn| turn / 2).collect::<Vec<_>>()
        );
    }

    /// A resumed run sees what an uninterrupted one does; another seed sees something else.
    #[test]
    fn a_step_is_a_function_of_seed_and_number() {
        for sampling in Sampling::ALL {
            let config = config(true);
            let mut whole = turns(sampling, &config);
            let steps: Vec<_> = (0..24)
                .map(|step| {
                    let (part, planned) = whole.step(step);
                    (part, planned.examples.to_vec())
                })
                .collect();
            for step in [17, 3, 23, 8, 0] {
                let mut fresh = turns(sampling, &config);
                let (part, planned) = fresh.step(step);
                assert_eq!((part, planned.examples.to_vec()), steps[step], "{sampling:?}");
                let (part, planned) = whole.step(step);
                assert_eq!((part, planned.examples.to_vec()), steps[step], "{sampling:?}");
            }
            let config = TrainConfig { seed: 7, ..config };
            let mut other = turns(sampling, &config);
            assert_ne!(
                (0..24).map(|step| other.step(step).0).collect::<Vec<_>>(),
                steps.iter().map(|(part, _)| *part).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn max_steps_ends_sooner() {
        for sampling in Sampling::ALL {
            let config = TrainConfig { max_steps: Some(11), ..config(true) };
            assert_eq!(turns(sampling, &config).total_steps(), 11);
        }
    }
}
