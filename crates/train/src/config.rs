//! The settings of training, written once: what each does, its name, its type and default, and the values that it takes.
//! "Adding things" in `ARCHITECTURE.md` says what is made from a line.

use graftwork_model::options::OptionKind::{Number, NumberOrNone, OnUnless, OneOf, Switch, Whole};
use graftwork_model::options::Range::{Above, From, FromBelow, FromTo};
use graftwork_text::{BatchSize, LongTexts};

use crate::schedule::Schedule;
use crate::setting::{Setting, settings};

settings! {
    /// How often to go through the training data; without it, few examples are gone through more often (at most 20 times)
    /// until that makes 200 batches of 32
    epochs: usize = 3, Whole { from: 1, unit: "" };
    /// Stop after this many steps, if that is sooner
    max_steps: Option<usize> = None, Whole { from: 1, unit: "steps" };
    /// Peak learning rate; without it, it is 2e-3 where numbers, tags, slots or answers are learned
    lr: f64 = 1e-3, Number(From(0.0));
    /// How the learning rate goes on after the warm-up: down to zero, or not
    schedule: Schedule = Schedule::Linear, OneOf(Schedule::NAMES);
    /// Part of all steps over which the learning rate rises from zero
    warmup_ratio: f64 = 0.1, Number(FromTo(0.0, 1.0));
    /// Decoupled weight decay (AdamW) of matrices; biases and norms never decay
    weight_decay: f64 = 0.01, Number(From(0.0));
    /// Largest norm of all gradients together; larger ones are scaled down to it
    clip: Option<f64> = Some(1.0), NumberOrNone(Above(0.0));
    /// Examples in a batch
    batch_size: usize = 32, Whole { from: 1, unit: "examples" };
    /// Tokens in a batch, as many examples as fit, instead of a number of examples
    batch_tokens: Option<usize> = None, Whole { from: 1, unit: "tokens" }, instead_of batch_size;
    /// Cut texts to this many tokens, special tokens included; without it, to as many as the backbone takes
    max_length: Option<usize> = None, Whole { from: 3, unit: "tokens" };
    /// What is read of a text that is longer; without it, its first tokens
    long_texts: Option<LongTexts> = None, OneOf(LongTexts::NAMES);
    /// Dropout probability in the backbone's hidden states and before the head
    dropout: f64 = 0.0, Number(FromBelow(0.0, 1.0));
    /// Masked LM: share of the tokens that are hidden and asked for; without it 0.15
    mask_rate: Option<f64> = None, Number(FromTo(0.0, 1.0));
    /// Masked LM: share of those that a random token stands for; without it 0.1
    mask_random: Option<f64> = None, Number(FromTo(0.0, 1.0));
    /// Masked LM: share of those that stay as they are; without it 0.1
    mask_kept: Option<f64> = None, Number(FromTo(0.0, 1.0));
    /// Masked LM: hide whole words rather than tokens
    whole_word: Option<bool> = None, Switch;
    /// Give every epoch an order of its own
    shuffle: bool = true,
        OnUnless { switch: "no-shuffle", help: "Take the training data in its order, in every epoch" };
    /// Decides new weights, the order of the data, and dropout: the same seed and device give the same adapter
    seed: u64 = 42, Whole { from: 0, unit: "" };
    /// Evaluate every so many steps, as well as after every epoch
    eval_every: Option<usize> = None, Whole { from: 1, unit: "steps" };
    /// Stop after this many evaluations without a better one
    patience: Option<usize> = None, Whole { from: 1, unit: "evaluations" };
    /// Keep the weights of the best evaluation rather than the last
    keep_best: bool = true,
        OnUnless { switch: "keep-last", help: "Keep the last weights instead of those of the best evaluation" };
    /// Learn the head alone, on the adapter that the run begins with; dropout then acts before the head's layers only
    freeze_adapter: bool = false, Switch, recorded IfChosen;
    /// Memory for what the frozen layers below all that learns make of the examples, which is computed once rather than in
    /// every epoch: for as many examples as fit; without it, 1024 MiB (128 in a browser)
    keep_mib: Option<usize> = None, Whole { from: 0, unit: "MiB" }, recorded Never;
}

/// Where nobody chooses: in a browser a page may be closed for more.
const KEEP_MIB: usize = if cfg!(target_family = "wasm") { 128 } else { 1024 };

/// Steps that an ordinary training wants, and the most epochs that it takes for them: `tests/bench/few-examples.md`.
const STEPS: usize = 200;
const MOST_EPOCHS: usize = 20;

impl TrainConfig {
    /// The defaults for so many examples: of few, three epochs would be too few steps.
    #[must_use]
    pub fn for_examples(count: usize) -> Self {
        let default = Self::default();
        let steps = count.div_ceil(default.batch_size).max(1);
        Self { epochs: STEPS.div_ceil(steps).clamp(default.epochs, MOST_EPOCHS), ..default }
    }

    /// Whether what frozen layers make of an example is the same in every step: where dropout changes it, nothing is kept. A
    /// frozen adapter is used as it will be later, without dropout.
    pub(crate) fn can_keep(&self) -> bool {
        self.dropout == 0.0 || self.freeze_adapter
    }

    /// The most bytes of what frozen layers make of examples.
    pub(crate) fn keep_bytes(&self) -> usize {
        self.keep_mib.unwrap_or(KEEP_MIB).saturating_mul(1 << 20)
    }

    /// How large batches are.
    pub(crate) fn batches(&self) -> BatchSize {
        self.batch_tokens.map_or(BatchSize::Count(self.batch_size), BatchSize::Tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_examples_are_gone_through_more_often() {
        let epochs = |count| TrainConfig::for_examples(count).epochs;
        assert_eq!([0, 1, 320, 701, 2_000, 2_113, 100_000].map(epochs), [20, 20, 20, 10, 4, 3, 3]);
        assert_eq!(TrainConfig { epochs: 3, ..TrainConfig::for_examples(10) }, TrainConfig::default());
    }
}
