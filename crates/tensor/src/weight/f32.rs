//! 32-bit floats: nothing is widened.

use super::format::{Format, Pack, Shaders, Sink, shaders};
use super::{OutOfRange, panels};

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

    fn transpose(&self, words: &mut [f32], shape: [usize; 2]) {
        panels::transpose(words, shape);
    }

    fn turn_panels(&self, from: &[f32], shape: [usize; 2], to: &mut [f32]) {
        panels::turn_panels(from, shape, to);
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
