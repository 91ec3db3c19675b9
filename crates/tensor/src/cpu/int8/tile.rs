//! The innermost loop: the columns of a panel for a few rows, with the dot products of this processor.

use super::panel::{Panel, Quads};
use super::round::parts;
use crate::cpu::PANEL;

/// The most rows of a tile.
pub(super) const TALLEST: usize = if cfg!(target_arch = "wasm32") { 4 } else { 6 };

/// What a tile computes.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    /// How many rows: one of the heights of tiles that is not above [`TALLEST`].
    pub height: usize,
    /// Rounded, one behind the other.
    pub rows: &'a [f32],
    pub panel: &'a Panel<'a>,
}

/// A vector of sums of products, one a column: what processors differ in.
trait Dot<const LANES: usize>: Copy {
    /// Nothing yet.
    ///
    /// # Safety
    /// As all that follows, it may be called where the processor has the instructions.
    unsafe fn zero() -> Self;
    /// Adds the products of four integers below 128 with four of each column.
    unsafe fn add(self, a: u32, b: &[[i8; 4]; LANES]) -> Self;
    /// The sums.
    unsafe fn sums(self) -> [f32; LANES];
}

/// The tile, `V` vectors of columns at a time.
///
/// # Safety
/// The processor has the instructions of `D`.
#[inline(always)]
unsafe fn rows<D: Dot<LANES>, const LANES: usize, const V: usize, const HEIGHT: usize>(
    work: Work<'_>,
    fused: bool,
    c: &mut [f32],
    stride: usize,
) {
    let words = work.rows.len() / HEIGHT;
    let rows: [(&[u32], &[[f32; 2]]); HEIGHT] =
        std::array::from_fn(|row| parts(&work.rows[row * words..][..words], work.panel.quads()));
    for first in (0..PANEL).step_by(V * LANES) {
        let mut totals = [[[0.0; LANES]; V]; HEIGHT];
        let mut quad = 0;
        for (group, (sums, b)) in work.panel.groups().enumerate() {
            let a: [&[u32]; HEIGHT] = std::array::from_fn(|row| &rows[row].0[quad..][..b.len()]);
            // SAFETY: the caller's promise.
            let dots = unsafe { dots::<D, LANES, V, HEIGHT>(a, b, first) };
            quad += b.len();
            for row in 0..HEIGHT {
                let [scale, shift] = rows[row].1[group];
                for v in 0..V {
                    let sums: [f32; LANES] = std::array::from_fn(|l| sums[first + v * LANES + l]);
                    let (dot, total) = (dots[row][v], &mut totals[row][v]);
                    *total = std::array::from_fn(|l| {
                        if fused {
                            scale.mul_add(dot[l], (-shift).mul_add(sums[l], total[l]))
                        } else {
                            scale * dot[l] + (total[l] - shift * sums[l])
                        }
                    });
                }
            }
        }
        for row in 0..HEIGHT {
            for v in 0..V {
                let at = first + v * LANES;
                for l in 0..LANES {
                    c[row * stride + at + l] = totals[row][v][l] * work.panel.scales[at + l];
                }
            }
        }
    }
}

/// The sums of a group.
///
/// # Safety
/// The processor has the instructions of `D`.
#[inline(always)]
unsafe fn dots<D: Dot<LANES>, const LANES: usize, const V: usize, const HEIGHT: usize>(
    a: [&[u32]; HEIGHT],
    b: &[Quads],
    first: usize,
) -> [[[f32; LANES]; V]; HEIGHT] {
    // SAFETY: the caller's promise, in the whole function.
    unsafe {
        let mut dots = [[D::zero(); V]; HEIGHT];
        for (k, b) in b.iter().enumerate() {
            for row in 0..HEIGHT {
                for v in 0..V {
                    let b = b[first + v * LANES..][..LANES].try_into().expect("columns");
                    dots[row][v] = dots[row][v].add(a[row][k], b);
                }
            }
        }
        let mut sums = [[[0.0; LANES]; V]; HEIGHT];
        for row in 0..HEIGHT {
            for v in 0..V {
                sums[row][v] = dots[row][v].sums();
            }
        }
        sums
    }
}

/// The heights of tiles that are compiled for an instruction set.
macro_rules! heights {
    ($dot:ty, $lanes:literal, $vectors:literal, $fused:literal, $work:expr, $c:expr, $stride:expr) => {{
        let (work, c, stride) = ($work, $c, $stride);
        // SAFETY: this is in a function for processors with the instructions.
        unsafe {
            match work.height {
                6 => rows::<$dot, $lanes, $vectors, 6>(work, $fused, c, stride),
                4 => rows::<$dot, $lanes, $vectors, 4>(work, $fused, c, stride),
                2 => rows::<$dot, $lanes, $vectors, 2>(work, $fused, c, stride),
                1 => rows::<$dot, $lanes, $vectors, 1>(work, $fused, c, stride),
                height => unreachable!("a tile of {height} rows"),
            }
        }
    }};
}

/// Computes a tile: rows of `c` lie `stride` apart.
pub(super) type Tile = fn(Work<'_>, &mut [f32], usize);

/// The best that this processor has, if it has any.
pub(super) fn best() -> Option<Tile> {
    tiles().next().map(|(_, tile)| tile)
}

/// What this processor has, the best first, by name.
pub(super) fn tiles() -> impl Iterator<Item = (&'static str, Tile)> {
    let all: &[(&str, fn() -> bool, Tile)] = &[
        #[cfg(target_arch = "x86_64")]
        ("avx512-vnni", x86::has_avx512_vnni, x86::avx512_vnni),
        #[cfg(target_arch = "x86_64")]
        ("avx-vnni", x86::has_avx_vnni, x86::avx_vnni),
        #[cfg(target_arch = "x86_64")]
        ("avx2", x86::has_avx2, x86::avx2),
        #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
        ("relaxed-simd", || true, wasm::relaxed),
        #[cfg(all(target_arch = "wasm32", not(target_feature = "relaxed-simd")))]
        ("simd128", || true, wasm::simd128),
    ];
    all.iter().filter(|(_, is_here, _)| is_here()).map(|(name, _, tile)| (*name, *tile))
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256i, __m512i, _mm256_add_epi32, _mm256_cvtepi32_ps, _mm256_dpbusd_avx_epi32, _mm256_loadu_si256,
        _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setzero_si256,
        _mm256_storeu_ps, _mm512_cvtepi32_ps, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_set1_epi32,
        _mm512_setzero_si512, _mm512_storeu_ps,
    };

    use super::{Dot, Work, rows};

    pub(super) fn has_avx512_vnni() -> bool {
        is_x86_feature_detected!("avx512vnni")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("fma")
    }

    pub(super) fn has_avx_vnni() -> bool {
        is_x86_feature_detected!("avxvnni") && is_x86_feature_detected!("fma")
    }

    pub(super) fn has_avx2() -> bool {
        is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
    }

    pub(super) fn avx512_vnni(work: Work<'_>, c: &mut [f32], stride: usize) {
        #[target_feature(enable = "avx512f,avx512bw,avx512vnni,fma")]
        fn run(work: Work<'_>, c: &mut [f32], stride: usize) {
            heights!(Vnni512, 16, 2, true, work, c, stride);
        }
        assert!(has_avx512_vnni());
        // SAFETY: the processor has been asked.
        unsafe { run(work, c, stride) }
    }

    pub(super) fn avx_vnni(work: Work<'_>, c: &mut [f32], stride: usize) {
        #[target_feature(enable = "avx2,avxvnni,fma")]
        fn run(work: Work<'_>, c: &mut [f32], stride: usize) {
            heights!(Vnni256, 8, 2, true, work, c, stride);
        }
        assert!(has_avx_vnni());
        // SAFETY: the processor has been asked.
        unsafe { run(work, c, stride) }
    }

    pub(super) fn avx2(work: Work<'_>, c: &mut [f32], stride: usize) {
        #[target_feature(enable = "avx2,fma")]
        fn run(work: Work<'_>, c: &mut [f32], stride: usize) {
            heights!(Avx2, 8, 1, true, work, c, stride);
        }
        assert!(has_avx2());
        // SAFETY: the processor has been asked.
        unsafe { run(work, c, stride) }
    }

    /// `vpdpbusd` over 512 bits.
    #[derive(Clone, Copy)]
    struct Vnni512(__m512i);

    // SAFETY, in all that follows: the caller's promise; and the arrays have as many elements as are read and written.
    impl Dot<16> for Vnni512 {
        #[inline(always)]
        unsafe fn zero() -> Self {
            unsafe { Self(_mm512_setzero_si512()) }
        }

        #[inline(always)]
        unsafe fn add(self, a: u32, b: &[[i8; 4]; 16]) -> Self {
            unsafe {
                let b = _mm512_loadu_si512(b.as_ptr().cast());
                Self(_mm512_dpbusd_epi32(self.0, _mm512_set1_epi32(a.cast_signed()), b))
            }
        }

        #[inline(always)]
        unsafe fn sums(self) -> [f32; 16] {
            let mut sums = [0.0; 16];
            unsafe { _mm512_storeu_ps(sums.as_mut_ptr(), _mm512_cvtepi32_ps(self.0)) };
            sums
        }
    }

    /// `vpdpbusd` over 256 bits.
    #[derive(Clone, Copy)]
    struct Vnni256(__m256i);

    impl Dot<8> for Vnni256 {
        #[inline(always)]
        unsafe fn zero() -> Self {
            unsafe { Self(_mm256_setzero_si256()) }
        }

        #[inline(always)]
        unsafe fn add(self, a: u32, b: &[[i8; 4]; 8]) -> Self {
            unsafe {
                let b = _mm256_loadu_si256(b.as_ptr().cast());
                Self(_mm256_dpbusd_avx_epi32(self.0, _mm256_set1_epi32(a.cast_signed()), b))
            }
        }

        #[inline(always)]
        unsafe fn sums(self) -> [f32; 8] {
            let mut sums = [0.0; 8];
            unsafe { _mm256_storeu_ps(sums.as_mut_ptr(), _mm256_cvtepi32_ps(self.0)) };
            sums
        }
    }

    /// `vpmaddubsw`, whose sums of two products fit 16 bits because activations have 7.
    #[derive(Clone, Copy)]
    struct Avx2(__m256i);

    impl Dot<8> for Avx2 {
        #[inline(always)]
        unsafe fn zero() -> Self {
            unsafe { Self(_mm256_setzero_si256()) }
        }

        #[inline(always)]
        unsafe fn add(self, a: u32, b: &[[i8; 4]; 8]) -> Self {
            unsafe {
                let b = _mm256_loadu_si256(b.as_ptr().cast());
                let pairs = _mm256_maddubs_epi16(_mm256_set1_epi32(a.cast_signed()), b);
                Self(_mm256_add_epi32(self.0, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))))
            }
        }

        #[inline(always)]
        unsafe fn sums(self) -> [f32; 8] {
            let mut sums = [0.0; 8];
            unsafe { _mm256_storeu_ps(sums.as_mut_ptr(), _mm256_cvtepi32_ps(self.0)) };
            sums
        }
    }
}

#[cfg(target_arch = "wasm32")]
mod wasm {
    use std::arch::wasm32::{f32x4_convert_i32x4, i32x4_add, i32x4_splat, v128, v128_load, v128_store};

    use super::{Dot, Work, rows};

    /// Relaxed SIMD, whose second operand has 7 bits.
    #[cfg(target_feature = "relaxed-simd")]
    pub(super) fn relaxed(work: Work<'_>, c: &mut [f32], stride: usize) {
        heights!(Relaxed, 4, 2, false, work, c, stride);
    }

    #[cfg(not(target_feature = "relaxed-simd"))]
    pub(super) fn simd128(work: Work<'_>, c: &mut [f32], stride: usize) {
        heights!(Widened, 4, 2, false, work, c, stride);
    }

    fn to_array(sums: v128) -> [f32; 4] {
        let mut to = [0.0; 4];
        // SAFETY: it has four elements.
        unsafe { v128_store(to.as_mut_ptr().cast(), f32x4_convert_i32x4(sums)) };
        to
    }

    #[cfg(target_feature = "relaxed-simd")]
    #[derive(Clone, Copy)]
    struct Relaxed(v128);

    // SAFETY, in all that follows: the arrays have 16 bytes; a module with unknown instructions does not even load.
    #[cfg(target_feature = "relaxed-simd")]
    impl Dot<4> for Relaxed {
        #[inline(always)]
        unsafe fn zero() -> Self {
            Self(i32x4_splat(0))
        }

        #[inline(always)]
        unsafe fn add(self, a: u32, b: &[[i8; 4]; 4]) -> Self {
            let b = unsafe { v128_load(b.as_ptr().cast()) };
            let a = i32x4_splat(a.cast_signed());
            Self(std::arch::wasm32::i32x4_relaxed_dot_i8x16_i7x16_add(b, a, self.0))
        }

        #[inline(always)]
        unsafe fn sums(self) -> [f32; 4] {
            to_array(self.0)
        }
    }

    /// Products of 16 bits, of two columns in each vector: sums of pairs, which are added at the end.
    #[cfg(not(target_feature = "relaxed-simd"))]
    #[derive(Clone, Copy)]
    struct Widened([v128; 2]);

    #[cfg(not(target_feature = "relaxed-simd"))]
    impl Dot<4> for Widened {
        #[inline(always)]
        unsafe fn zero() -> Self {
            Self([i32x4_splat(0); 2])
        }

        #[inline(always)]
        unsafe fn add(self, a: u32, b: &[[i8; 4]; 4]) -> Self {
            use std::arch::wasm32::{
                i16x8_extend_high_i8x16, i16x8_extend_low_i8x16, i32x4_dot_i16x8, u16x8_extend_low_u8x16,
            };
            let b = unsafe { v128_load(b.as_ptr().cast()) };
            let a = u16x8_extend_low_u8x16(i32x4_splat(a.cast_signed()));
            Self([
                i32x4_add(self.0[0], i32x4_dot_i16x8(i16x8_extend_low_i8x16(b), a)),
                i32x4_add(self.0[1], i32x4_dot_i16x8(i16x8_extend_high_i8x16(b), a)),
            ])
        }

        #[inline(always)]
        unsafe fn sums(self) -> [f32; 4] {
            use std::arch::wasm32::i32x4_shuffle;
            let [low, high] = self.0;
            to_array(i32x4_add(i32x4_shuffle::<0, 2, 4, 6>(low, high), i32x4_shuffle::<1, 3, 5, 7>(low, high)))
        }
    }
}
