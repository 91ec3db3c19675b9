//! Activations in 7 bits.

use bytemuck::cast_slice_mut;
use multiversion::multiversion;

use super::GROUP;

/// The largest of the integers, of which 0 is the smallest.
const TOP: f32 = 127.0;

/// Words of a rounded row of `k` values: four integers each, then two numbers a group.
pub(super) fn row_words(k: usize) -> usize {
    k.div_ceil(4) + 2 * k.div_ceil(GROUP)
}

/// Splits a rounded row into its integers, and each group's scale and `scale * zero`: of a value x there is the integer q with
/// `x ≈ scale * q - scale * zero`.
pub(super) fn parts(row: &[f32], quads: usize) -> (&[u32], &[[f32; 2]]) {
    let (integers, groups) = row.split_at(quads);
    (bytemuck::cast_slice(integers), groups.as_chunks().0)
}

/// Rounds a row. One that has a value which is no finite number stays one.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
pub(super) fn round_row(x: &[f32], row: &mut [f32]) {
    let (integers, groups) = row.split_at_mut(x.len().div_ceil(4));
    let integers: &mut [u8] = cast_slice_mut(integers);
    let groups = groups.as_chunks_mut::<2>().0;
    for ((x, integers), group) in x.chunks(GROUP).zip(integers.chunks_mut(GROUP)).zip(groups) {
        if let (Ok(x), Ok(integers)) = (x.try_into(), <&mut [u8; GROUP]>::try_from(&mut *integers)) {
            *group = round(x, integers);
            continue;
        }
        // The last group may be short. Zeros are inside every range, and are multiplied with zeros.
        let mut values = [0.0; GROUP];
        values[..x.len()].copy_from_slice(x);
        let mut rounded = [0; GROUP];
        *group = round(&values, &mut rounded);
        integers.copy_from_slice(&rounded[..integers.len()]);
    }
}

/// The scale, and it times the zero.
#[inline(always)]
fn round(x: &[f32; GROUP], integers: &mut [u8; GROUP]) -> [f32; 2] {
    // To add and subtract it rounds to an integer, which lies in the lowest bits.
    const INTEGER: f32 = 12_582_912.0;
    let low = fold(x, |v| v, |a, b| if b < a { b } else { a }).min(0.0);
    let high = fold(x, |v| v, |a, b| if b > a { b } else { a }).max(0.0);
    let strange = fold(x, |v| v * 0.0, |a, b| a + b);
    let scale = (high - low) / TOP + strange;
    let scale = if scale < f32::MIN_POSITIVE { 0.0 } else { scale };
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    let zero = -low * inverse + INTEGER - INTEGER;
    for (integer, x) in integers.iter_mut().zip(x) {
        let q = x * inverse + zero;
        let q = if q > 0.0 { q } else { 0.0 };
        let q = if q < TOP { q } else { TOP };
        *integer = (q + INTEGER).to_bits() as u8 & 127;
    }
    [scale, scale * zero]
}

/// Halves again and again, which are vectors: no chain of one operation after the other.
#[inline(always)]
fn fold(x: &[f32; GROUP], of: impl Fn(f32) -> f32, both: impl Fn(f32, f32) -> f32) -> f32 {
    let mut values = x.map(of);
    let mut half = GROUP / 2;
    while half > 0 {
        for i in 0..half {
            values[i] = both(values[i], values[i + half]);
        }
        half /= 2;
    }
    values[0]
}
