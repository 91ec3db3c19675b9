//! Weights on their way to a device.

use half::f16;

use super::{Pack, Panels, Weight, WeightType};
use crate::{Device, Tensor};

/// A number that a type of weights cannot hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutOfRange {
    /// The number.
    pub value: f32,
}

/// What a frozen matrix is for, which decides how it lies on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightUse {
    /// Products: on the CPU it lies in the panels that they read.
    Product,
    /// Its rows are looked up: it lies row by row.
    Table,
}

/// Fills a weight on a device piece by piece, in row-major order.
pub struct WeightWriter {
    device: Device,
    weight: Weight,
    pack: Box<dyn Pack>,
    /// Words and elements written so far.
    words: usize,
    elements: usize,
}

impl WeightWriter {
    /// Begins a matrix of [rows, cols] that is stored as `kind`.
    #[must_use]
    pub fn new(device: &Device, kind: WeightType, what_for: WeightUse, [rows, cols]: [usize; 2]) -> Self {
        let format = kind.format();
        let panels = (what_for == WeightUse::Product && device.as_gpu().is_none()).then(Panels::default);
        let words = if panels.is_some() { format.panel_words([rows, cols]) } else { format.words([rows, cols]) };
        let words = device.empty(1, words);
        let weight = Weight { kind, rows, cols, words, panels, grad: None };
        Self { device: device.clone(), weight, pack: format.pack([rows, cols]), words: 0, elements: 0 }
    }

    /// Where it goes: to ask the device whether there is room.
    #[must_use]
    pub fn words(&self) -> &Tensor {
        &self.weight.words
    }

    /// The weight with whatever stands in it.
    pub(crate) fn unwritten(self) -> Weight {
        self.weight
    }

    /// Writes the next elements.
    ///
    /// # Errors
    /// If the weight's type cannot hold one of them.
    pub fn write(&mut self, values: &[f32]) -> Result<(), OutOfRange> {
        let Self { device, weight, pack, words, elements } = self;
        *elements += values.len();
        pack.f32(values, &mut |piece| put(device, weight, words, piece))
    }

    /// Writes the next elements, of half precision.
    ///
    /// # Errors
    /// If the weight's type cannot hold one of them.
    pub fn write_f16(&mut self, values: &[f16]) -> Result<(), OutOfRange> {
        let Self { device, weight, pack, words, elements } = self;
        *elements += values.len();
        pack.f16(values, &mut |piece| put(device, weight, words, piece))
    }

    /// The weight.
    ///
    /// # Panics
    /// If elements are missing.
    #[must_use]
    pub fn finish(self) -> Weight {
        let Self { device, weight, mut pack, mut words, elements } = self;
        assert_eq!(elements, weight.len(), "elements of a {} x {} weight", weight.rows, weight.cols);
        pack.end(&mut |piece| put(&device, &weight, &mut words, piece));
        if weight.panels.is_some() {
            weight.kind.format().to_panels(&mut weight.words.cpu_mut(), [weight.rows, weight.cols]);
        }
        weight
    }
}

fn put(device: &Device, weight: &Weight, at: &mut usize, piece: &[f32]) {
    device.write(&weight.words.view(*at, 1, piece.len()), piece);
    *at += piece.len();
}
