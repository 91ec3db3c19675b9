//! 32-bit floats: nothing is widened.

use std::ops::Range;

use super::OutOfRange;
use super::format::{Format, Pack, Shaders, Sink, shaders};
use super::panels::{Of, of_elements};
use crate::cpu::PANEL;

pub(super) struct F32;

static SHADERS: Shaders = shaders!("f32");

impl Format for F32 {
    fn name(&self) -> &'static str {
        "f32"
    }

    fn words(&self, [rows, cols]: [usize; 2]) -> usize {
        rows * cols
    }

    fn shaders(&self) -> &'static Shaders {
        &SHADERS
    }

    fn widen(&self, words: &[f32], [_, cols]: [usize; 2], [row, col]: [usize; 2], to: &mut [f32]) {
        to.copy_from_slice(&words[row * cols + col..][..to.len()]);
    }

    fn to_panels(&self, words: &mut [f32], shape: [usize; 2]) {
        of_elements::to_panels(words, shape);
    }

    fn panel<'s>(
        &self,
        (words, shape): (&'s [f32], [usize; 2]),
        of: Of,
        (col, depth): (usize, Range<usize>),
        _scratch: &'s mut [f32],
    ) -> &'s [f32] {
        let row = of_elements::row(shape, of, col, depth.start);
        &words[row * PANEL..][..depth.len() * PANEL]
    }

    fn turn_panels(&self, from: &[f32], shape: [usize; 2], to: &mut [f32]) {
        of_elements::turn_panels(from, shape, to);
    }

    fn pack(&self, _shape: [usize; 2]) -> Box<dyn Pack> {
        Box::new(AsTheyAre)
    }
}

struct AsTheyAre;

impl Pack for AsTheyAre {
    fn f32(&mut self, values: &[f32], sink: Sink<'_>) -> Result<(), OutOfRange> {
        sink(values);
        Ok(())
    }
}
