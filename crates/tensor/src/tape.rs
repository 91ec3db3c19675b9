//! The tape: ops run as they are called, and what has a gradient leaves a step behind that knows its derivative.

use crate::ops::add;
use crate::{Device, Tensor};

/// A value in a computation. It has a slot for its gradient if something below it learns.
#[derive(Debug, Clone)]
pub struct Var {
    value: Tensor,
    slot: Slot,
}

/// Where the gradient of a value is summed, if it has one. A step of backward keeps the slots of its inputs, and of
/// their values only what its derivative reads: a kept [`Var`] is an activation that nobody can free.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot(Option<usize>);

impl Slot {
    /// Whether a gradient flows here.
    pub(crate) fn has_gradient(self) -> bool {
        self.0.is_some()
    }
}

impl Var {
    /// The value.
    pub fn value(&self) -> &Tensor {
        &self.value
    }

    /// Whether a gradient flows through it.
    pub fn has_gradient(&self) -> bool {
        self.slot.has_gradient()
    }

    /// Where its gradient goes.
    pub(crate) fn slot(&self) -> Slot {
        self.slot
    }
}

/// A parameter in f32: frozen, or with the place where its gradient is accumulated.
#[derive(Debug, Clone)]
pub struct Param {
    /// Its elements.
    pub value: Tensor,
    /// Its gradient, to which backward adds; `None` if it is frozen.
    pub grad: Option<Tensor>,
}

impl Param {
    /// A parameter that never learns.
    pub fn frozen(value: Tensor) -> Self {
        Self { value, grad: None }
    }
}

/// Identifies the dropout masks of one training step: the same numbers give the same masks on every device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DropoutKey {
    /// The run's seed.
    pub seed: u32,
    /// The optimizer step.
    pub step: u32,
}

type Step = Box<dyn FnOnce(&Device, &mut Grads)>;

/// Records what backward has to do.
pub struct Tape {
    device: Device,
    steps: Vec<Step>,
    slots: usize,
    dropout: Option<DropoutKey>,
    dropouts: u32,
    before: Vec<(usize, usize)>,
    learning: bool,
}

impl Tape {
    /// A tape that records nothing: for inference.
    pub fn inference(device: &Device) -> Self {
        let before = Vec::new();
        Self {
            device: device.clone(),
            steps: Vec::new(),
            slots: 0,
            dropout: None,
            dropouts: 0,
            before,
            learning: false,
        }
    }

    /// A tape for one training step. Without a key, dropout does nothing.
    pub fn training(device: &Device, dropout: Option<DropoutKey>) -> Self {
        Self { dropout, learning: true, ..Self::inference(device) }
    }

    /// The same for a part of a batch, in which dropout draws what it draws in the whole: of values with so many rows, so many
    /// rows belong to the parts before. The first that fits counts.
    #[must_use]
    pub fn after(self, before: Vec<(usize, usize)>) -> Self {
        Self { before, ..self }
    }

    /// Where the ops run.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Whether dropout does anything on this tape.
    pub fn drops(&self) -> bool {
        self.dropout.is_some()
    }

    /// Whether anything can be learned from it, or it only answers.
    pub(crate) fn is_learning(&self) -> bool {
        self.learning
    }

    /// A value without a gradient.
    pub fn constant(&self, value: Tensor) -> Var {
        Var { value, slot: Slot(None) }
    }

    /// The output of an op that learns nothing, or the output and its step of backward, which gets the output's
    /// gradient. `learns` says whether an input or a parameter of the op wants a gradient.
    pub(crate) fn record(
        &mut self,
        value: Tensor,
        learns: bool,
        backward: impl FnOnce(&Device, Tensor, &mut Grads) + 'static,
    ) -> Var {
        if !(learns && self.learning) {
            return Var { value, slot: Slot(None) };
        }
        let slot = self.new_slot();
        self.steps.push(Box::new(move |device, grads| {
            // A value that the loss does not depend on has no gradient.
            if let Some(dy) = grads.slots[slot].take() {
                backward(device, dy, grads);
            }
        }));
        Var { value, slot: Slot(Some(slot)) }
    }

    /// Whether an op over a parameter with this gradient learns on this tape.
    pub(crate) fn learns(&self, grad: Option<&Tensor>) -> bool {
        self.learning && grad.is_some()
    }

    pub(crate) fn next_dropout(&mut self) -> Option<(DropoutKey, u32)> {
        let key = self.dropout?;
        self.dropouts += 1;
        Some((key, self.dropouts - 1))
    }

    pub(crate) fn rows_before(&self, rows: usize) -> usize {
        self.before.iter().find(|(own, _)| *own == rows).map_or(0, |(_, before)| *before)
    }

    fn new_slot(&mut self) -> usize {
        self.slots += 1;
        self.slots - 1
    }

    /// Walks the tape back from `output`, whose gradient is `dy`, adding to the gradients of the parameters.
    pub fn backward(self, output: &Var, dy: Tensor) {
        self.backward_from(vec![(output.clone(), dy)]);
    }

    /// The same from several outputs, each with its gradient.
    pub fn backward_from(self, outputs: Vec<(Var, Tensor)>) {
        let mut grads = Grads { slots: vec![None; self.slots] };
        for (output, dy) in outputs {
            grads.add(&self.device, output.slot, dy);
        }
        for step in self.steps.into_iter().rev() {
            step(&self.device, &mut grads);
        }
    }
}

/// The gradients of the values on a tape.
pub(crate) struct Grads {
    slots: Vec<Option<Tensor>>,
}

impl Grads {
    /// Adds to a value's gradient; does nothing if it has none.
    pub(crate) fn add(&mut self, device: &Device, slot: Slot, grad: Tensor) {
        let Some(slot) = slot.0 else { return };
        // Never in place: an op may have handed the same tensor to two values.
        let sum = match self.slots[slot].take() {
            Some(old) => {
                let sum = device.empty(grad.rows(), grad.cols());
                add::add(device, &old, &grad, &sum);
                sum
            }
            None => grad,
        };
        self.slots[slot] = Some(sum);
    }

    /// Takes what was accumulated so far, for an op that adds to it while it computes its own part.
    pub(crate) fn take(&mut self, slot: Slot) -> Option<Tensor> {
        self.slots[slot.0?].take()
    }
}
