//! One training step on a device: loss, backward, clip, AdamW. Nothing here waits for the device.

use graftwork_model::{Adapter, Backbone, Batch, Head, beside};
use graftwork_tensor::ops::{adamw, clear, reduce, scale};
use graftwork_tensor::{Device, DropoutKey, Tape, Tensor};

use crate::tasks::Targets;
use crate::{Error, Result};

/// Steps whose loss waits on the device before it is read.
pub(crate) const RING: usize = 16;
/// Elements between two steps in the ring: bindings begin at multiples of 256 bytes.
const SLOT: usize = 64;

/// AdamW over everything of an adapter that learns, and the numbers of the last steps.
#[derive(Debug)]
pub struct Optimizer {
    first_moment: Tensor,
    second_moment: Tensor,
    /// [norm, clip factor, loss, ..] of each of the last steps.
    ring: Tensor,
}

/// A head that a step teaches.
pub struct Asked<'a> {
    /// The head.
    pub head: &'a Head,
    /// What it should give.
    pub targets: &'a dyn Targets,
    /// How much its loss counts.
    pub weight: f32,
}

/// One step's settings.
#[derive(Debug, Clone, Copy)]
pub struct StepSettings {
    /// Learning rate.
    pub lr: f64,
    /// Decoupled weight decay of matrices.
    pub weight_decay: f64,
    /// Largest norm of all gradients together; infinite clips nothing.
    pub max_norm: f64,
    /// Dropout in the backbone's hidden states and before the head's layers.
    pub dropout: f64,
    /// Seed of the dropout masks.
    pub seed: u64,
    /// From 1 on.
    pub step: usize,
}

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepReport {
    /// From 1 on.
    pub step: usize,
    /// Mean loss of the batch, before the update; of several heads the weighted sum.
    pub loss: f32,
    /// Norm of all gradients together, before clipping.
    pub grad_norm: f32,
    /// Learning rate of this step.
    pub lr: f64,
}

impl Optimizer {
    /// With moments of zero.
    ///
    /// # Panics
    /// If the adapter was not loaded to be trained.
    pub fn new(device: &Device, adapter: &Adapter) -> Self {
        assert!(adapter.arena().grads().is_some(), "an adapter that was loaded to be trained");
        let n = adapter.arena().learned().len();
        Self { first_moment: device.zeros(1, n), second_moment: device.zeros(1, n), ring: device.zeros(1, RING * SLOT) }
    }

    /// The first and second moments, [1, n] each, of what learns as the adapter's arena lays it out.
    pub fn moments(&self) -> [&Tensor; 2] {
        [&self.first_moment, &self.second_moment]
    }

    /// Records one step: forward, losses, backward, clip, update. The heads that are asked share one forward pass; a head that is
    /// not has a gradient of zero.
    ///
    /// # Errors
    /// If no head is asked, targets are not for what their head gives, or adapter and batch are of another backbone.
    pub fn step(
        &self,
        backbone: &Backbone,
        adapter: &Adapter,
        work: (&Batch, &[Asked<'_>]),
        settings: StepSettings,
    ) -> Result<()> {
        self.gradient(backbone, adapter, work, (settings, Vec::new()))?;
        self.update(backbone.device(), adapter, settings);
        Ok(())
    }

    /// Records the first half of a step, over a batch or a part of one: `before` says how many rows are before that, as
    /// [`Tape::after`] takes it.
    ///
    /// # Errors
    /// As [`Optimizer::step`].
    pub(crate) fn gradient(
        &self,
        backbone: &Backbone,
        adapter: &Adapter,
        (batch, asked): (&Batch, &[Asked<'_>]),
        (settings, before): (StepSettings, Vec<(usize, usize)>),
    ) -> Result<()> {
        let device = backbone.device();
        let grads = adapter.arena().grads().expect("an adapter that was loaded to be trained");
        let drops = settings.dropout > 0.0 || adapter.description().config.dropout() > 0.0;
        let key = DropoutKey { seed: fold(settings.seed), step: settings.step as u32 };
        let dropout = settings.dropout as f32;
        let slot = self.slot(settings.step);

        let mut tape = Tape::training(device, drops.then_some(key)).after(before);
        let hidden = backbone.forward(&mut tape, batch, Some(adapter), dropout)?;
        let (mut roots, mut shares) = (Vec::new(), Vec::new());
        for Asked { head, targets, weight } in asked {
            let output = head.forward(&mut tape, backbone, &hidden, batch, dropout);
            let loss = targets.loss(&mut tape, &output)?;
            roots.push((loss.root, weighted(device, loss.gradient, *weight)));
            shares.push(weighted(device, loss.shares, *weight));
        }
        let shares = match shares.len() {
            0 => return Err(Error::NoHead),
            1 => shares.remove(0),
            _ => {
                let rows = shares.into_iter().map(|shares| tape.constant(shares.reshape(1, shares.len()))).collect();
                beside(&mut tape, rows).value().clone()
            }
        };
        clear::clear(device, grads);
        reduce::sum(device, &shares, &slot, 2);
        tape.backward_from(roots);
        Ok(())
    }

    /// Records the second half.
    pub(crate) fn update(&self, device: &Device, adapter: &Adapter, settings: StepSettings) {
        let grads = adapter.arena().grads().expect("an adapter that was loaded to be trained");
        let slot = self.slot(settings.step);
        reduce::norm_and_clip(device, grads, settings.max_norm as f32, &slot, 0);
        let update = adamw::AdamW {
            lr: settings.lr,
            weight_decay: settings.weight_decay,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            step: settings.step as u32,
        };
        let weights = adapter.arena().learned();
        let state = [&weights, &self.first_moment, &self.second_moment];
        adamw::adamw(device, update, grads, &slot, state, adapter.arena().decayed());
        device.submit();
    }

    /// The loss of a step, [1, 1], while it is there.
    pub(crate) fn loss(&self, step: usize) -> Tensor {
        self.slot(step).view(2, 1, 1)
    }

    fn slot(&self, step: usize) -> Tensor {
        self.ring.view(step % RING * SLOT, 1, SLOT)
    }

    /// Reads what the steps `from..=to` did, at most [`RING`] of them; waits for the device. `lr` gives each step's
    /// learning rate.
    ///
    /// # Errors
    /// If the device fails, or a loss is not a number.
    pub(crate) async fn reports(
        &self,
        device: &Device,
        steps: std::ops::RangeInclusive<usize>,
        lr: impl Fn(usize) -> f64,
    ) -> Result<Vec<StepReport>> {
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let values = device.read(&self.ring).await?;
        let report = |step: usize| {
            let slot = &values[step % RING * SLOT..];
            let (loss, grad_norm) = (slot[2], slot[0]);
            if loss.is_finite() && grad_norm.is_finite() {
                Ok(StepReport { step, loss, grad_norm, lr: lr(step) })
            } else {
                Err(Error::Diverged { step, loss })
            }
        };
        steps.map(report).collect()
    }
}

/// A part of the loss, or its derivative, times how much it counts.
fn weighted(device: &Device, x: Tensor, weight: f32) -> Tensor {
    if weight == 1.0 {
        return x;
    }
    let y = device.empty(x.rows(), x.cols());
    scale::scale(device, &x, &device.tensor(1, 1, &[weight]), None, &y);
    y
}

fn fold(seed: u64) -> u32 {
    (seed ^ (seed >> 32)) as u32
}
