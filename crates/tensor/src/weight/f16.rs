//! Half precision (IEEE 754 binary16), two elements a word: what many checkpoints have, in half the memory of f32.

use std::ops::Range;

use half::f16;
use half::vec::HalfFloatVecExt;
use multiversion::multiversion;

use super::OutOfRange;
use super::format::{Format, Pack, Shaders, Sink, shaders};
use super::panels::{Of, of_elements};
use crate::cpu::PANEL;

pub(super) struct F16;

static SHADERS: Shaders = shaders!("f16");

impl Format for F16 {
    fn name(&self) -> &'static str {
        "f16"
    }

    fn words(&self, [rows, cols]: [usize; 2]) -> usize {
        (rows * cols).div_ceil(2)
    }

    fn shaders(&self) -> &'static Shaders {
        &SHADERS
    }

    fn widen(&self, words: &[f32], [_, cols]: [usize; 2], [row, col]: [usize; 2], to: &mut [f32]) {
        widen(&bytemuck::cast_slice(words)[row * cols + col..][..to.len()], to);
    }

    fn to_panels(&self, words: &mut [f32], shape: [usize; 2]) {
        of_elements::to_panels::<u16>(bytemuck::cast_slice_mut(words), shape);
    }

    fn panel<'s>(
        &self,
        (words, shape): (&'s [f32], [usize; 2]),
        of: Of,
        (col, depth): (usize, Range<usize>),
        scratch: &'s mut [f32],
    ) -> &'s [f32] {
        let row = of_elements::row(shape, of, col, depth.start);
        let scratch = &mut scratch[..depth.len() * PANEL];
        widen(&bytemuck::cast_slice(words)[row * PANEL..][..scratch.len()], scratch);
        scratch
    }

    fn turn_panels(&self, from: &[f32], shape: [usize; 2], to: &mut [f32]) {
        of_elements::turn_panels::<u16>(bytemuck::cast_slice(from), shape, bytemuck::cast_slice_mut(to));
    }

    fn pack(&self, _shape: [usize; 2]) -> Box<dyn Pack> {
        Box::new(Pairs { odd: None })
    }
}

/// One loop for several instruction sets. It is as quick as F16C's instruction behind a check a slice, and WebAssembly has none.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq", "x86_64+avx2"))]
fn widen(from: &[u16], to: &mut [f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = widen_one(*from));
}

/// Exactly, without a branch and without numbers below f32's smallest normal one, on which processors are slow.
#[inline(always)]
fn widen_one(half: u16) -> f32 {
    const REBASE: u32 = (127 - 15) << 23;
    let half = u32::from(half);
    let exponent = half & 0x7c00;
    let normal = ((half & 0x7fff) << 13) + REBASE;
    // Infinities and what is not a number have the largest exponent here, too.
    let normal = normal + if exponent == 0x7c00 { REBASE } else { 0 };
    let subnormal = ((half & 0x3ff) as i32 as f32 * (1.0 / 16_777_216.0)).to_bits();
    let magnitude = if exponent == 0 { subnormal } else { normal };
    f32::from_bits(magnitude | (half & 0x8000) << 16)
}

/// Elements two by two; pieces may have an odd number of them.
struct Pairs {
    odd: Option<f16>,
}

impl Pack for Pairs {
    fn f32(&mut self, values: &[f32], sink: Sink<'_>) -> Result<(), OutOfRange> {
        let rounded = Vec::<f16>::from_f32_slice(values);
        let lost = values.iter().zip(&rounded).find(|(value, half)| value.is_finite() && !half.is_finite());
        match lost {
            Some((value, _)) => Err(OutOfRange { value: *value }),
            None => self.f16(&rounded, sink),
        }
    }

    fn f16(&mut self, values: &[f16], sink: Sink<'_>) -> Result<(), OutOfRange> {
        let elements: Vec<f16> = self.odd.take().into_iter().chain(values.iter().copied()).collect();
        let (pairs, rest) = elements.as_chunks::<2>();
        self.odd = rest.first().copied();
        let words: Vec<f32> = pairs.iter().map(|pair| bytemuck::cast(*pair)).collect();
        sink(&words);
        Ok(())
    }

    fn end(&mut self, sink: Sink<'_>) {
        if let Some(odd) = self.odd.take() {
            sink(&[bytemuck::cast([odd, f16::ZERO])]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_widens_exactly() {
        let all: Vec<u16> = (0..=u16::MAX).collect();
        let mut wide = vec![0.0; all.len()];
        widen(&all, &mut wide);
        for (bits, found) in all.into_iter().zip(wide) {
            let expected = f16::from_bits(bits).to_f32();
            let same = found.to_bits() == expected.to_bits() || (found.is_nan() && expected.is_nan());
            assert!(same, "{bits:#06x}: {found}, not {expected}");
        }
    }

    #[test]
    fn pieces_of_any_length_give_the_same_words() {
        let values: Vec<f32> = (0..101).map(|i| i as f32 * 0.37 - 9.0).collect();
        let words = |length: usize| {
            let mut words = Vec::new();
            let mut pack = F16.pack([1, values.len()]);
            let mut sink = |piece: &[f32]| words.extend(piece.iter().map(|word| word.to_bits()));
            values.chunks(length).for_each(|piece| pack.f32(piece, &mut sink).unwrap());
            pack.end(&mut sink);
            words
        };
        assert_eq!(words(101).len(), F16.words([1, 101]));
        (1..=8).for_each(|length| assert_eq!(words(length), words(101)));
    }

    #[test]
    fn numbers_beyond_its_range_are_refused() {
        let pack = |value: f32| F16.pack([1, 2]).f32(&[1.0, value], &mut |_| ());
        assert!(pack(65_519.0).is_ok() && pack(-1e-9).is_ok());
        assert_eq!(pack(-65_520.0), Err(OutOfRange { value: -65_520.0 }));
    }
}
