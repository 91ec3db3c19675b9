//! Dot products of x86-64.
#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "in all of them the promise of `Dot`; arrays have the elements of a vector"
)]

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_add_epi32, _mm256_cvtepi32_ps, _mm256_dpbusd_avx_epi32, _mm256_loadu_si256,
    _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setzero_si256,
    _mm256_storeu_ps, _mm512_cvtepi32_ps, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_set1_epi32,
    _mm512_setzero_si512, _mm512_storeu_ps,
};

use super::{Dot, Work, heights, rows};

/// A vector of sums over so many lanes: no sums, one number in all lanes, elements from memory, sums as floats, those to memory; and how
/// products are added to sums.
macro_rules! dot {
    (
        $name:ident, $vector:ty, $lanes:literal, $zero:ident, $all:ident, $load:ident, $floats:ident, $store:ident,
        |$sums:ident, $a:ident, $b:ident| $add:expr
    ) => {
        #[derive(Clone, Copy)]
        struct $name($vector);

        impl Dot<$lanes> for $name {
            #[inline(always)]
            unsafe fn zero() -> Self {
                unsafe { Self($zero()) }
            }

            #[inline(always)]
            unsafe fn add(self, a: u32, b: &[[i8; 4]; $lanes]) -> Self {
                unsafe {
                    let ($sums, $a, $b) = (self.0, $all(a.cast_signed()), $load(b.as_ptr().cast()));
                    Self($add)
                }
            }

            #[inline(always)]
            unsafe fn sums(self) -> [f32; $lanes] {
                let mut sums = [0.0; $lanes];
                unsafe { $store(sums.as_mut_ptr(), $floats(self.0)) };
                sums
            }
        }
    };
}

// `vpdpbusd`
dot!(
    Vnni512,
    __m512i,
    16,
    _mm512_setzero_si512,
    _mm512_set1_epi32,
    _mm512_loadu_si512,
    _mm512_cvtepi32_ps,
    _mm512_storeu_ps,
    |sums, a, b| _mm512_dpbusd_epi32(sums, a, b)
);
dot!(
    Vnni256,
    __m256i,
    8,
    _mm256_setzero_si256,
    _mm256_set1_epi32,
    _mm256_loadu_si256,
    _mm256_cvtepi32_ps,
    _mm256_storeu_ps,
    |sums, a, b| _mm256_dpbusd_avx_epi32(sums, a, b)
);
// `vpmaddubsw`, whose sums of two products fit 16 bits because activations have 7.
dot!(
    Avx2,
    __m256i,
    8,
    _mm256_setzero_si256,
    _mm256_set1_epi32,
    _mm256_loadu_si256,
    _mm256_cvtepi32_ps,
    _mm256_storeu_ps,
    |sums, a, b| _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), _mm256_set1_epi16(1)))
);

/// A tile, and whether this processor has what it takes.
macro_rules! tile {
    ($tile:ident, $has:ident, [$($feature:tt),*], $enable:literal, $dot:ty, $lanes:literal, $vectors:literal) => {
        pub(super) fn $has() -> bool {
            $(is_x86_feature_detected!($feature))&&*
        }

        pub(super) fn $tile(work: Work<'_>, c: &mut [f32], stride: usize) {
            #[target_feature(enable = $enable)]
            fn run(work: Work<'_>, c: &mut [f32], stride: usize) {
                heights!($dot, $lanes, $vectors, true, work, c, stride, 6 4 2 1);
            }
            assert!($has(), "a tile for another processor");
            unsafe { run(work, c, stride) }
        }
    };
}

tile!(
    avx512_vnni,
    has_avx512_vnni,
    ["avx512f", "avx512bw", "avx512vnni", "fma"],
    "avx512f,avx512bw,avx512vnni,fma",
    Vnni512,
    16,
    2
);
tile!(avx_vnni, has_avx_vnni, ["avx2", "avxvnni", "fma"], "avx2,avxvnni,fma", Vnni256, 8, 2);
tile!(avx2, has_avx2, ["avx2", "fma"], "avx2,fma", Avx2, 8, 1);
