//! Dot products of WebAssembly's relaxed SIMD, whose second operand has 7 bits. Without it there is none: products of 16 bits took half as
//! long again as numbers in f32.
#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "arrays have 16 bytes; a module with unknown instructions does not load"
)]

use std::arch::wasm32::{
    f32x4_convert_i32x4, i32x4_relaxed_dot_i8x16_i7x16_add, i32x4_splat, v128, v128_load, v128_store,
};

use super::{Dot, Work, heights, rows};

pub(super) fn relaxed(work: Work<'_>, c: &mut [f32], stride: usize) {
    heights!(Relaxed, 4, 2, false, work, c, stride, 4 2 1);
}

#[derive(Clone, Copy)]
struct Relaxed(v128);

impl Dot<4> for Relaxed {
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
        let mut sums = [0.0; 4];
        unsafe { v128_store(sums.as_mut_ptr().cast(), f32x4_convert_i32x4(self.0)) };
        sums
    }
}
