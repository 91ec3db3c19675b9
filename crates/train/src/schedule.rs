//! Learning-rate schedules, as transformers defines them.

use std::str::FromStr;

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
            Self::Linear => total.saturating_sub(done) as f64 / (total - warmup).max(1) as f64,
        }
    }

    /// Its name in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Constant => "constant",
        }
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        [Self::Linear, Self::Constant]
            .into_iter()
            .find(|schedule| schedule.name() == name)
            .ok_or_else(|| format!("unknown schedule `{name}`; there are: linear, constant"))
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

    #[test]
    fn names() {
        assert_eq!("linear".parse(), Ok(Linear));
        assert!("cosine".parse::<super::Schedule>().unwrap_err().contains("constant"));
    }
}
