//! The innermost loop: a tile of the result, whose sums stay in registers while the loop goes over the depth.

use multiversion::multiversion;
use multiversion::target::target_cfg_f;

use crate::Float;

/// Columns of B that lie in a panel: those of the widest tile of this kind of processor.
pub(crate) const PANEL: usize = if cfg!(target_arch = "x86_64") {
    32
} else if cfg!(target_arch = "aarch64") {
    16
} else {
    8
};

/// Heights of tiles, from the highest on. The rows of a block are cut into tiles by taking the highest that fits again and again.
pub(super) const HEIGHTS: [usize; 5] = [12, 6, 4, 2, 1];

/// A product of panels: `c = alpha * a b`, or added to what `c` has.
pub struct Panels<'a, F> {
    /// So many rows of A, one of [`HEIGHTS`].
    pub(super) height: usize,
    /// Column by column, or as they are: then so many elements from one row to the next, else 0.
    pub(super) a: &'a [F],
    pub(super) row_stride: usize,
    /// [`PANEL`] columns of B, row by row.
    pub(super) b: &'a [F],
    pub(super) alpha: F,
    pub(super) add: bool,
}

/// Computes a tile with `height x V * L` sums at a time: `V` vectors of `L` lanes in each row. Every sum goes over the depth in
/// its order, whatever the height. The arrays of a constant length are what makes the compiler keep them in vector registers.
#[inline(always)]
fn tile<F: Float, const HEIGHT: usize, const V: usize, const L: usize, const DIRECT: bool>(
    fused: bool,
    panels: &Panels<'_, F>,
    c: &mut [F],
    stride: usize,
) {
    let b = panels.b.as_chunks::<PANEL>().0;
    let columns = if DIRECT { &[] } else { &panels.a.as_chunks::<HEIGHT>().0[..b.len()] };
    let rows: [&[F]; HEIGHT] =
        std::array::from_fn(|row| if DIRECT { &panels.a[row * panels.row_stride..][..b.len()] } else { &[] });
    for first in (0..PANEL).step_by(V * L) {
        let mut sums = [[[F::default(); L]; V]; HEIGHT];
        for (k, b) in b.iter().enumerate() {
            let b: [[F; L]; V] = std::array::from_fn(|v| std::array::from_fn(|l| b[first + v * L + l]));
            for (row, sums) in sums.iter_mut().enumerate() {
                let a = if DIRECT { rows[row][k] } else { columns[k][row] };
                for (sum, b) in sums.iter_mut().zip(&b) {
                    *sum = F::add_products(*sum, a, *b, fused);
                }
            }
        }
        // Rows by number, not by an iterator: only loops that are unrolled leave the sums in registers.
        for row in 0..HEIGHT {
            for v in 0..V {
                let c: &mut [F; L] = (&mut c[row * stride + first + v * L..][..L]).try_into().expect("L elements");
                let scaled: [F; L] = std::array::from_fn(|l| panels.alpha * sums[row][v][l]);
                *c = if panels.add { std::array::from_fn(|l| scaled[l] + c[l]) } else { scaled };
            }
        }
    }
}

/// The heights that are compiled for each instruction set: as many sums as it has registers for.
macro_rules! tiles {
    ($lanes:literal, $fused:expr, $panels:expr, $c:expr, $stride:expr, $($height:literal)*) => {
        match $panels.height {
            $($height if $panels.row_stride > 0 => tile::<_, $height, 2, $lanes, true>($fused, $panels, $c, $stride),
            $height => tile::<_, $height, 2, $lanes, false>($fused, $panels, $c, $stride),)*
            height => unreachable!("a tile of {height} rows"),
        }
    };
}

/// f32, for the processor that this runs on.
// Conditions on the target are constants, several of which are false in each version.
#[allow(clippy::ifs_same_cond)]
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+fma", "x86_64+avx2+fma"))]
pub(crate) fn tile_f32(panels: &Panels<'_, f32>, c: &mut [f32], stride: usize) {
    if target_cfg_f!(target_feature = "avx512f") {
        tiles!(16, true, panels, c, stride, 12 6 4 2 1);
    } else if target_cfg_f!(target_feature = "avx2") {
        tiles!(8, true, panels, c, stride, 6 4 2 1);
    } else if cfg!(target_arch = "aarch64") {
        tiles!(4, true, panels, c, stride, 6 4 2 1);
    } else {
        tiles!(4, false, panels, c, stride, 4 2 1);
    }
}

/// The highest tile of [`tile_f32`].
#[allow(clippy::ifs_same_cond)]
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+fma", "x86_64+avx2+fma"))]
pub(crate) fn tallest_f32() -> usize {
    if target_cfg_f!(target_feature = "avx512f") {
        12
    } else if target_cfg_f!(target_feature = "avx2") || cfg!(target_arch = "aarch64") {
        6
    } else {
        4
    }
}

/// f64, in which nothing needs to be quick.
pub(crate) fn tile_f64(panels: &Panels<'_, f64>, c: &mut [f64], stride: usize) {
    tiles!(4, false, panels, c, stride, 4 2 1);
}
