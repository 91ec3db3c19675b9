//! Stored numbers, and `f32` of them, exactly.

use std::ops::Range;

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use safetensors::Dtype;

/// How a file stores numbers. All of these widen to `f32` without loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NumberFormat {
    /// `f32` itself.
    F32,
    /// IEEE 754 half precision.
    F16,
    /// The upper half of an `f32`.
    BF16,
    /// 8-bit integers of a matrix, each to be multiplied with the scale of its row: the rows' scales are a tensor of their own.
    Q8,
}

impl NumberFormat {
    /// The format that safetensors calls `dtype`; `None` if it does not widen, or not by itself.
    pub(crate) fn of(dtype: Dtype) -> Option<Self> {
        match dtype {
            Dtype::F32 => Some(Self::F32),
            Dtype::F16 => Some(Self::F16),
            Dtype::BF16 => Some(Self::BF16),
            _ => None,
        }
    }

    /// Its name, as in options: `f32`, `f16`, `bf16`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::BF16 => "bf16",
            Self::Q8 => "q8",
        }
    }

    /// How many bytes a stored value has.
    pub(crate) fn value_bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::BF16 => 2,
            Self::Q8 => 1,
        }
    }

    /// Widens the little-endian `bytes` into `values`, one for one: 8-bit integers without their scale.
    pub(crate) fn widen(self, bytes: &[u8], values: &mut [f32]) {
        debug_assert_eq!(bytes.len(), values.len() * self.value_bytes());
        match self {
            Self::F32 => {
                bytemuck::cast_slice_mut(values).copy_from_slice(bytes);
                if cfg!(target_endian = "big") {
                    values.iter_mut().for_each(|value| *value = f32::from_bits(value.to_bits().swap_bytes()));
                }
            }
            // The slice conversion takes the processor's instructions where there are any.
            Self::F16 => halves(bytes).convert_to_f32_slice(values),
            Self::BF16 => {
                for (value, bytes) in values.iter_mut().zip(bytes.as_chunks().0) {
                    *value = bf16::from_le_bytes(*bytes).to_f32();
                }
            }
            Self::Q8 => {
                for (value, byte) in values.iter_mut().zip(bytes) {
                    *value = f32::from(byte.cast_signed());
                }
            }
        }
    }
}

/// Numbers of half precision, as they are.
pub(crate) fn halves(bytes: &[u8]) -> Vec<f16> {
    bytes.as_chunks().0.iter().map(|bytes| f16::from_le_bytes(*bytes)).collect()
}

/// Some values of a tensor on their way, no wider than its file has them.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Piece<'a> {
    /// As they are, or widened from a format that is never kept.
    F32(&'a [f32]),
    /// As they are.
    F16(&'a [f16]),
}

impl<'a> Piece<'a> {
    /// How many values it has.
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F16(values) => values.len(),
        }
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Some of its values.
    pub(crate) fn slice(self, range: Range<usize>) -> Self {
        match self {
            Self::F32(values) => Self::F32(&values[range]),
            Self::F16(values) => Self::F16(&values[range]),
        }
    }

    /// The values, widened into `scratch` if they are narrower.
    #[must_use]
    pub fn widened(self, scratch: &'a mut Vec<f32>) -> &'a [f32] {
        match self {
            Self::F32(values) => values,
            Self::F16(values) => {
                scratch.resize(values.len(), 0.0);
                values.convert_to_f32_slice(scratch);
                scratch
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_precision_pattern_widens_exactly() {
        for bits in 0..=u16::MAX {
            for (format, expected) in [
                (NumberFormat::F16, f16::from_bits(bits).to_f64()),
                (NumberFormat::BF16, f64::from(f32::from_bits(u32::from(bits) << 16))),
            ] {
                let mut value = [0.0];
                format.widen(&bits.to_le_bytes(), &mut value);
                let found = f64::from(value[0]);
                assert!(found == expected || (found.is_nan() && expected.is_nan()), "{format:?} {bits:#06x}");
            }
        }
    }
}
