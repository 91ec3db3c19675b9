use std::cell::Cell;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use super::gemm::{Panels, tallest_f32, tile_f32, tile_f64};

/// f32, in which everything runs, or f64, in which the CPU bodies are checked by finite differences.
pub trait Float:
    Copy
    + Send
    + Sync
    + 'static
    + PartialOrd
    + Default
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + Sum
{
    /// Rounds to this type.
    fn of(value: f64) -> Self;
    /// Widens.
    fn to_f64(self) -> f64;
    /// `e^x`
    fn exp(self) -> Self;
    /// `ln x`
    fn ln(self) -> Self;
    /// `sqrt(x)`
    fn sqrt(self) -> Self;
    /// The error function.
    fn erf(self) -> Self;
    /// `tanh(x)`
    fn tanh(self) -> Self;
    /// `self * a + b`, rounded once.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// `sums + a * b`, lane by lane, rounded once if `fused`.
    #[doc(hidden)]
    #[inline(always)]
    fn add_products<const L: usize>(sums: [Self; L], a: Self, b: [Self; L], fused: bool) -> [Self; L] {
        std::array::from_fn(|l| if fused { a.mul_add(b[l], sums[l]) } else { sums[l] + a * b[l] })
    }
    /// The innermost loop of matrix products; rows of `c` lie `stride` apart.
    #[doc(hidden)]
    fn tile(panels: &Panels<'_, Self>, c: &mut [Self], stride: usize);
    /// The highest tile that there is.
    #[doc(hidden)]
    fn tallest_tile() -> usize;
    /// Calls `body` with so many elements of undefined content, which the thread keeps for the next call.
    #[doc(hidden)]
    fn with_scratch<R>(len: usize, body: impl FnOnce(&mut [Self]) -> R) -> R {
        body(&mut vec![Self::default(); len])
    }
    /// The larger of two numbers.
    fn max(self, other: Self) -> Self {
        if self > other { self } else { other }
    }
}

impl Float for f64 {
    fn of(value: f64) -> Self {
        value
    }
    fn to_f64(self) -> f64 {
        self
    }
    fn exp(self) -> Self {
        libm::exp(self)
    }
    fn ln(self) -> Self {
        libm::log(self)
    }
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
    fn erf(self) -> Self {
        libm::erf(self)
    }
    fn tanh(self) -> Self {
        libm::tanh(self)
    }
    fn mul_add(self, a: Self, b: Self) -> Self {
        libm::fma(self, a, b)
    }
    fn tile(panels: &Panels<'_, Self>, c: &mut [Self], stride: usize) {
        tile_f64(panels, c, stride);
    }
    fn tallest_tile() -> usize {
        4
    }
}

impl Float for f32 {
    #[inline(always)]
    fn of(value: f64) -> Self {
        value as f32
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }

    /// Within 2 ulp, without a branch or a call, so that loops over it vectorise (libm's does not).
    /// `x = n ln 2 + r`, `|r| <= ln 2 / 2`, with `ln 2` split in two (Cody and Waite), then the Taylor polynomial of
    /// degree 7 (its error is below 2^-27) times `2^n` built from bits.
    #[inline(always)]
    fn exp(self) -> Self {
        // Adding and subtracting 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
        const ROUND: f32 = 12_582_912.0;
        let x = self.clamp(-87.0, 88.0);
        let shifted = x * std::f32::consts::LOG2_E + ROUND;
        let n = shifted - ROUND;
        let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
        let p = 1.0 / 5040.0;
        let p = p * r + 1.0 / 720.0;
        let p = p * r + 1.0 / 120.0;
        let p = p * r + 1.0 / 24.0;
        let p = p * r + 1.0 / 6.0;
        let p = p * r + 0.5;
        let p = p * r + 1.0;
        let p = p * r + 1.0;
        let power = shifted.to_bits().wrapping_add(127) << 23;
        p * f32::from_bits(power)
    }

    #[inline(always)]
    fn ln(self) -> Self {
        f32::ln(self)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        f32::sqrt(self)
    }

    /// Abramowitz and Stegun 7.1.26: absolute error at most 1.5e-7, with rounding below 6e-7. The shaders use the same
    /// formula.
    #[inline(always)]
    fn erf(self) -> Self {
        let x = self.abs();
        let t = 1.0 / (1.0 + 0.327_591_1 * x);
        let p = 1.061_405_4;
        let p = p * t - 1.453_152;
        let p = p * t + 1.421_413_7;
        let p = p * t - 0.284_496_74;
        let p = (p * t + 0.254_829_6) * t;
        (1.0 - p * Float::exp(-x * x)).copysign(self)
    }

    /// `1 - 2 / (e^2x + 1)`, absolute error below 3e-7.
    #[inline(always)]
    fn tanh(self) -> Self {
        1.0 - 2.0 / (Float::exp(2.0 * self) + 1.0)
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        f32::mul_add(self, a, b)
    }
    /// Rounded as this processor likes it best.
    #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
    #[inline(always)]
    fn add_products<const L: usize>(mut sums: [Self; L], a: Self, b: [Self; L], _: bool) -> [Self; L] {
        use std::arch::wasm32::{f32x4, f32x4_extract_lane, f32x4_relaxed_madd, f32x4_splat};
        for (sums, b) in sums.as_chunks_mut().0.iter_mut().zip(b.as_chunks().0) {
            let [s0, s1, s2, s3] = *sums;
            let [b0, b1, b2, b3] = *b;
            let all = f32x4_relaxed_madd(f32x4_splat(a), f32x4(b0, b1, b2, b3), f32x4(s0, s1, s2, s3));
            *sums = [
                f32x4_extract_lane::<0>(all),
                f32x4_extract_lane::<1>(all),
                f32x4_extract_lane::<2>(all),
                f32x4_extract_lane::<3>(all),
            ];
        }
        sums
    }
    fn tile(panels: &Panels<'_, Self>, c: &mut [Self], stride: usize) {
        tile_f32(panels, c, stride);
    }
    fn tallest_tile() -> usize {
        tallest_f32()
    }
    fn with_scratch<R>(len: usize, body: impl FnOnce(&mut [Self]) -> R) -> R {
        thread_local! {
            static KEPT: Cell<Vec<Vec<f32>>> = const { Cell::new(Vec::new()) };
        }
        // One for each call that is in progress: a thread that waits inside one may take up other work.
        let mut kept = KEPT.take();
        let mut scratch = kept.pop().unwrap_or_default();
        KEPT.set(kept);
        if scratch.len() < len {
            scratch.resize(len, 0.0);
        }
        let result = body(&mut scratch[..len]);
        let mut kept = KEPT.take();
        kept.push(scratch);
        KEPT.set(kept);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::Float;

    #[test]
    fn f32_functions_agree_with_libm() {
        for i in -120_000..=120_000 {
            let x = i as f32 * 1e-4;
            let wide = f64::from(x);
            assert!((Float::exp(x).to_f64() / libm::exp(wide) - 1.0).abs() < 3e-7, "exp {x}");
            assert!((Float::erf(x).to_f64() - libm::erf(wide)).abs() < 6e-7, "erf {x}");
            assert!((Float::tanh(x).to_f64() - libm::tanh(wide)).abs() < 4e-7, "tanh {x}");
        }
        assert_eq!(Float::tanh(1000.0f32), 1.0);
        assert_eq!(Float::tanh(-1000.0f32), -1.0);
        assert!(Float::exp(-1000.0f32) < 1e-37);
    }
}
