//! The settings of training, written once: what each does, its name, its type and default, and the values that it takes.
//! "Adding things" in `ARCHITECTURE.md` says what is made from a line.

use graftwork_model::options::OptionKind::{Number, NumberOrNone, OnUnless, OneOf, Switch, Whole};
use graftwork_model::options::Range::{Above, From, FromBelow, FromTo};
use graftwork_text::{BatchSize, LongTexts};

use crate::schedule::Schedule;
use crate::setting::{Setting, settings};

settings! {
    /// How often to go through the training data
    epochs: usize = 3, Whole { from: 1, unit: "" };
    /// Stop after this many steps, if that is sooner
    max_steps: Option<usize> = None, Whole { from: 1, unit: "steps" };
    /// Peak learning rate
    lr: f64 = 5e-4, Number(From(0.0));
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
}

impl TrainConfig {
    /// How large batches are.
    pub(crate) fn batches(&self) -> BatchSize {
        self.batch_tokens.map_or(BatchSize::Count(self.batch_size), BatchSize::Tokens)
    }
}
