use graftwork_text::BatchSize;

use crate::schedule::Schedule;

/// How an adapter is trained.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainConfig {
    /// Passes over the training data. Default 3.
    pub epochs: usize,
    /// Stops after this many optimizer steps, if that is sooner.
    pub max_steps: Option<usize>,
    /// Peak learning rate. Default 5e-4.
    pub lr: f64,
    /// How the learning rate falls. Default linear, to zero at the last step.
    pub schedule: Schedule,
    /// Fraction of all steps over which the learning rate rises from zero. Default 0.1.
    pub warmup_ratio: f64,
    /// Decoupled weight decay of matrices; biases and norms never decay. Default 0.01.
    pub weight_decay: f64,
    /// Largest norm of all gradients together; `None` clips nothing. Default 1.
    pub clip: Option<f64>,
    /// Examples or tokens a batch. Default 32 examples.
    pub batch_size: BatchSize,
    /// Dropout probability in the backbone's hidden states and before the head's layers. Default 0. (An adapter's own
    /// `dropout` is part of its configuration.)
    pub dropout: f64,
    /// Whether every epoch has an order of its own. Default true.
    pub shuffle: bool,
    /// Seeds new weights, the order of examples and dropout. Default 42.
    pub seed: u64,
    /// Evaluates every so many steps as well as after every epoch.
    pub eval_every: Option<usize>,
    /// Stops after so many evaluations without a better dev accuracy.
    pub patience: Option<usize>,
    /// Whether the weights of the best evaluation are kept rather than the last. Default true.
    pub keep_best: bool,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            epochs: 3,
            max_steps: None,
            lr: 5e-4,
            schedule: Schedule::Linear,
            warmup_ratio: 0.1,
            weight_decay: 0.01,
            clip: Some(1.0),
            batch_size: BatchSize::Count(32),
            dropout: 0.0,
            shuffle: true,
            seed: 42,
            eval_every: None,
            patience: None,
            keep_best: true,
        }
    }
}

impl TrainConfig {
    /// Checks the ranges of all numbers.
    ///
    /// # Errors
    /// The name of the setting and what it must be.
    pub fn validate(&self) -> crate::Result<()> {
        let refuse = |setting: &'static str, must: &'static str| Err(crate::Error::Setting { setting, must });
        let (BatchSize::Count(size) | BatchSize::Tokens(size)) = self.batch_size;
        if self.epochs == 0 {
            return refuse("epochs", "be at least 1");
        }
        if self.max_steps == Some(0) {
            return refuse("max steps", "be at least 1");
        }
        if size == 0 {
            return refuse("batch size", "be at least 1");
        }
        if !(self.lr.is_finite() && self.lr >= 0.0) {
            return refuse("lr", "be a finite number that is not negative");
        }
        if !(0.0..=1.0).contains(&self.warmup_ratio) {
            return refuse("warmup ratio", "be from 0 to 1");
        }
        if !(self.weight_decay.is_finite() && self.weight_decay >= 0.0) {
            return refuse("weight decay", "be a finite number that is not negative");
        }
        if self.clip.is_some_and(|clip| !(clip.is_finite() && clip > 0.0)) {
            return refuse("clip", "be a positive number, or none");
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return refuse("dropout", "be at least 0 and less than 1");
        }
        if self.eval_every == Some(0) {
            return refuse("eval every", "be at least 1");
        }
        Ok(())
    }
}
