//! Dot products of WebAssembly.
#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "in all of them arrays have 16 bytes; a module with unknown instructions does not load"
)]

use std::arch::wasm32::{f32x4_convert_i32x4, i32x4_splat, v128, v128_load, v128_store};

use super::{Dot, Work, heights, rows};

/// The tile that this module was compiled for.
pub(super) fn tile(work: Work<'_>, c: &mut [f32], stride: usize) {
    heights!(Sums, 4, 2, false, work, c, stride, 4 2 1);
}

fn to_array(sums: v128) -> [f32; 4] {
    let mut to = [0.0; 4];
    unsafe { v128_store(to.as_mut_ptr().cast(), f32x4_convert_i32x4(sums)) };
    to
}

#[cfg(target_feature = "relaxed-simd")]
use relaxed::Sums;
#[cfg(not(target_feature = "relaxed-simd"))]
use widened::Sums;

/// Relaxed SIMD, whose second operand has 7 bits.
#[cfg(target_feature = "relaxed-simd")]
mod relaxed {
    use std::arch::wasm32::i32x4_relaxed_dot_i8x16_i7x16_add;

    use super::{Dot, i32x4_splat, to_array, v128, v128_load};

    #[derive(Clone, Copy)]
    pub struct Sums(v128);

    impl Dot<4> for Sums {
        #[inline(always)]
        unsafe fn zero() -> Self {
            Self(i32x4_splat(0))
        }

        #[inline(always)]
        unsafe fn add(self, a: u32, b: &[[i8; 4]; 4]) -> Self {
            let b = unsafe { v128_load(b.as_ptr().cast()) };
            Self(i32x4_relaxed_dot_i8x16_i7x16_add(b, i32x4_splat(a.cast_signed()), self.0))
        }

        #[inline(always)]
        unsafe fn sums(self) -> [f32; 4] {
            to_array(self.0)
        }
    }
}

/// Products of 16 bits, of two columns in each vector: sums of pairs, which are added at the end.
#[cfg(not(target_feature = "relaxed-simd"))]
mod widened {
    use std::arch::wasm32::{
        i16x8_extend_high_i8x16, i16x8_extend_low_i8x16, i32x4_add, i32x4_dot_i16x8, i32x4_shuffle,
        u16x8_extend_low_u8x16,
    };

    use super::{Dot, i32x4_splat, to_array, v128, v128_load};

    #[derive(Clone, Copy)]
    pub struct Sums([v128; 2]);

    impl Dot<4> for Sums {
        #[inline(always)]
        unsafe fn zero() -> Self {
            Self([i32x4_splat(0); 2])
        }

        #[inline(always)]
        unsafe fn add(self, a: u32, b: &[[i8; 4]; 4]) -> Self {
            let b = unsafe { v128_load(b.as_ptr().cast()) };
            let a = u16x8_extend_low_u8x16(i32x4_splat(a.cast_signed()));
            let [low, high] = self.0;
            Self([
                i32x4_add(low, i32x4_dot_i16x8(i16x8_extend_low_i8x16(b), a)),
                i32x4_add(high, i32x4_dot_i16x8(i16x8_extend_high_i8x16(b), a)),
            ])
        }

        #[inline(always)]
        unsafe fn sums(self) -> [f32; 4] {
            let [low, high] = self.0;
            to_array(i32x4_add(i32x4_shuffle::<0, 2, 4, 6>(low, high), i32x4_shuffle::<1, 3, 5, 7>(low, high)))
        }
    }
}
