//! Stored numbers to `f32`, exactly.

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use safetensors::Dtype;

/// A number format that widens to `f32` without loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Widening {
    /// `f32` itself.
    F32,
    /// IEEE 754 half precision.
    F16,
    /// The upper half of an `f32`.
    BF16,
}

impl Widening {
    /// The format that safetensors calls `dtype`; `None` if it does not widen.
    pub(crate) fn of(dtype: Dtype) -> Option<Self> {
        match dtype {
            Dtype::F32 => Some(Self::F32),
            Dtype::F16 => Some(Self::F16),
            Dtype::BF16 => Some(Self::BF16),
            _ => None,
        }
    }

    /// How many bytes a stored value has.
    pub(crate) fn value_bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::BF16 => 2,
        }
    }

    /// Widens the little-endian `bytes` into `values`, one for one.
    pub(crate) fn widen(self, bytes: &[u8], values: &mut [f32]) {
        debug_assert_eq!(bytes.len(), values.len() * self.value_bytes());
        match self {
            Self::F32 => {
                for (value, bytes) in values.iter_mut().zip(bytes.as_chunks().0) {
                    *value = f32::from_le_bytes(*bytes);
                }
            }
            Self::F16 => {
                let halves: Vec<f16> = bytes.as_chunks().0.iter().map(|bytes| f16::from_le_bytes(*bytes)).collect();
                // The slice conversion takes the processor's instructions where there are any.
                halves.convert_to_f32_slice(values);
            }
            Self::BF16 => {
                for (value, bytes) in values.iter_mut().zip(bytes.as_chunks().0) {
                    *value = bf16::from_le_bytes(*bytes).to_f32();
                }
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
                (Widening::F16, f16::from_bits(bits).to_f64()),
                (Widening::BF16, f64::from(f32::from_bits(u32::from(bits) << 16))),
            ] {
                let mut value = [0.0];
                format.widen(&bits.to_le_bytes(), &mut value);
                let found = f64::from(value[0]);
                assert!(found == expected || (found.is_nan() && expected.is_nan()), "{format:?} {bits:#06x}");
            }
        }
    }
}
