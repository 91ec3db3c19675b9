//! The innermost loop: the columns of a panel for a few rows, with the dot products of this processor.

#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
mod wasm;
#[cfg(target_arch = "x86_64")]
mod x86;

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
                for (v, total) in totals[row].iter_mut().enumerate() {
                    let sums: [f32; LANES] = std::array::from_fn(|l| sums[first + v * LANES + l]);
                    let dot = dots[row][v];
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
            for (v, totals) in totals[row].iter().enumerate() {
                let at = first + v * LANES;
                for (l, total) in totals.iter().enumerate() {
                    c[row * stride + at + l] = total * work.panel.scales[at + l];
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
    ($dot:ty, $lanes:literal, $vectors:literal, $fused:literal, $work:expr, $c:expr, $stride:expr, $($height:literal)*) => {
        // SAFETY: this is in a function for processors with the instructions.
        unsafe {
            match $work.height {
                $($height => rows::<$dot, $lanes, $vectors, $height>($work, $fused, $c, $stride),)*
                height => unreachable!("a tile of {height} rows"),
            }
        }
    };
}

#[cfg(any(target_arch = "x86_64", target_feature = "relaxed-simd"))]
use heights;

/// Computes a tile: rows of `c` lie `stride` apart.
pub(super) type Tile = fn(Work<'_>, &mut [f32], usize);

/// The best that this processor has, if it has any.
pub(super) fn best() -> Option<Tile> {
    tiles().next().map(|(_, tile)| tile)
}

/// A name, whether this processor has what it takes, and the tile.
type Named = (&'static str, fn() -> bool, Tile);

/// What this processor has, the best first, by name.
pub(super) fn tiles() -> impl Iterator<Item = (&'static str, Tile)> {
    let all: &[Named] = &[
        #[cfg(target_arch = "x86_64")]
        ("avx512-vnni", x86::has_avx512_vnni, x86::avx512_vnni),
        #[cfg(target_arch = "x86_64")]
        ("avx-vnni", x86::has_avx_vnni, x86::avx_vnni),
        #[cfg(target_arch = "x86_64")]
        ("avx2", x86::has_avx2, x86::avx2),
        #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
        ("relaxed-simd", || true, wasm::relaxed),
    ];
    all.iter().filter(|(_, is_here, _)| is_here()).map(|(name, _, tile)| (*name, *tile))
}
