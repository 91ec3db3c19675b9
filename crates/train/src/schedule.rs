//! Learning-rate schedules, as transformers defines them.

/// How the learning rate changes over a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// Rises over the warm-up, then falls linearly to zero: `get_linear_schedule_with_warmup`.
    Linear,
    /// Rises over the warm-up, then stays: `get_constant_schedule_with_warmup`.
    Constant,
}

impl Schedule {
    /// The factor on the peak learning rate after `done` of `total` steps; the warm-up takes
    /// `ceil(warmup_ratio * total)` of them.
    pub fn factor(self, done: usize, total: usize, warmup_ratio: f64) -> f64 {
        let warmup = (warmup_ratio * total as f64).ceil() as usize;
        if done < warmup {
            return done as f64 / warmup as f64;
        }
        match self {
            Self::Constant => 1.0,
            Self::Linear => total.saturating_sub(done) as f64 / total.saturating_sub(warmup).max(1) as f64,
        }
    }

    /// Their names in options and files, and what they do after the warm-up.
    pub(crate) const NAMES: &[(&str, &str)] = &[("linear", "Falls to zero at the last step"), ("constant", "Stays")];
    /// In the order of their names.
    pub(crate) const ALL: [Self; 2] = [Self::Linear, Self::Constant];

    /// Its name in options and files.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }
}

#[cfg(test)]
mod tests {
    use super::Schedule::{Constant, Linear};

    #[test]
    fn as_transformers() {
        let factors = |schedule: super::Schedule| (0..10).map(|i| schedule.factor(i, 10, 0.2)).collect::<Vec<_>>();
        assert_eq!(factors(Linear), [0.0, 0.5, 1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125]);
        assert_eq!(factors(Constant), [0.0, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(Linear.factor(0, 4, 0.0), 1.0);
        assert_eq!(Linear.factor(4, 4, 0.0), 0.0);
        assert_eq!(Linear.factor(0, 1, 1.0), 0.0);
    }

    /// Learning rates that torch 2.15 and transformers 4.57.6 give for a peak of 1, past the end included.
    #[test]
    fn as_transformers_at_the_edges() {
        let factors = |schedule: super::Schedule, total, ratio| {
            (0..total + 2).map(|done| schedule.factor(done, total, ratio)).collect::<Vec<_>>()
        };
        let third = 0.333_333_333_333_333_3;
        assert_eq!(factors(Linear, 3, 1.0), [0.0, third, 0.666_666_666_666_666_6, 0.0, 0.0]);
        assert_eq!(factors(Constant, 3, 1.0), [0.0, third, 0.666_666_666_666_666_6, 1.0, 1.0]);
        assert_eq!(factors(Linear, 1, 0.5), [0.0, 0.0, 0.0]);
        assert_eq!(factors(Linear, 5, 0.0), [1.0, 0.8, 0.6, 0.4, 0.2, 0.0, 0.0]);
        // ceil(7 * 0.1) = 1 and ceil(13 * 0.34) = 5 steps of warm-up.
        let falling = [0.833_333_333_333_333_4, 0.666_666_666_666_666_6, 0.5, third, 0.166_666_666_666_666_66];
        assert_eq!(factors(Linear, 7, 0.1)[2..7], falling);
        assert_eq!(factors(Linear, 13, 0.34)[4..8], [0.8, 1.0, 0.875, 0.75]);
        // A ratio above 1 is only a longer warm-up.
        assert_eq!(factors(Linear, 2, 2.0), [0.0, 0.25, 0.5, 0.75]);
    }

    #[test]
    fn names() {
        assert_eq!((Linear.name(), Constant.name()), ("linear", "constant"));
    }
}
