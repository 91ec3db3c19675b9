//! 8-bit integers with a scale for each row (an output of a layer, an entry of a table), in a quarter of the memory of f32: an element is
//! `scale * q` with q from -127 to 127, and `scale` is the row's largest magnitude / 127. Row by row it is a word with the scale, then four
//! elements a word.

use std::ops::Range;

use multiversion::multiversion;

use super::OutOfRange;
use super::format::{Format, Pack, RoundedProduct, Shaders, Sink, shaders};
use super::panels::Of;
use crate::cpu::{PANEL, int8};

pub(super) struct Q8;

static SHADERS: Shaders = shaders!("q8");

/// The largest integer.
const TOP: f32 = 127.0;

/// Words of a row.
fn row_words(cols: usize) -> usize {
    1 + cols.div_ceil(4)
}

impl Format for Q8 {
    fn name(&self) -> &'static str {
        "q8"
    }

    fn words(&self, [rows, cols]: [usize; 2]) -> usize {
        rows * row_words(cols)
    }

    fn shaders(&self) -> &'static Shaders {
        &SHADERS
    }

    fn widen(&self, words: &[f32], [_, cols]: [usize; 2], [row, col]: [usize; 2], to: &mut [f32]) {
        let (scale, elements) = parts(&words[row * row_words(cols)..][..row_words(cols)]);
        to.iter_mut().zip(&elements[col..]).for_each(|(to, q)| *to = f32::from(*q) * scale);
    }

    fn panel_words(&self, shape: [usize; 2]) -> usize {
        int8::panel_words(shape)
    }

    fn to_panels(&self, words: &mut [f32], [rows, cols]: [usize; 2]) {
        let from = words[..self.words([rows, cols])].to_vec();
        let from: Vec<_> = from.chunks_exact(row_words(cols)).map(parts).collect();
        let panel = int8::panel_words([1, cols]);
        for (columns, to) in from.chunks(PANEL).zip(words.chunks_exact_mut(panel)) {
            int8::write_panel(columns.iter().copied(), cols, to);
        }
    }

    fn panel<'s>(
        &self,
        (words, [_, cols]): (&'s [f32], [usize; 2]),
        of: Of,
        (col, depth): (usize, Range<usize>),
        scratch: &'s mut [f32],
    ) -> &'s [f32] {
        let size = int8::panel_words([1, cols]);
        let panel = |row: usize| int8::Panel::new(&words[row / PANEL * size..][..size], cols);
        let scratch = &mut scratch[..depth.len() * PANEL];
        match of {
            Of::Transpose => panel(col).widen(depth.start, scratch),
            Of::Plain => {
                let width = PANEL.min(cols - col);
                for (row, to) in depth.zip(scratch.chunks_exact_mut(PANEL)) {
                    panel(row).widen_column(row % PANEL, col, &mut to[..width]);
                    to[width..].fill(0.0);
                }
            }
        }
        scratch
    }

    fn turns(&self) -> bool {
        false
    }

    fn turn_panels(&self, _from: &[f32], _shape: [usize; 2], _to: &mut [f32]) {
        unreachable!("both products read the same panels");
    }

    fn rounded_product(&self) -> Option<RoundedProduct> {
        int8::is_here().then_some(int8::product)
    }

    fn pack(&self, [_, cols]: [usize; 2]) -> Box<dyn Pack> {
        Box::new(Rows { cols, row: Vec::with_capacity(cols) })
    }
}

/// The scale and the elements of a row.
fn parts(row: &[f32]) -> (f32, &[i8]) {
    (row[0], bytemuck::cast_slice(&row[1..]))
}

/// Rows one by one, because a scale is known when the row is.
struct Rows {
    cols: usize,
    /// What has come of the next.
    row: Vec<f32>,
}

impl Pack for Rows {
    fn f32(&mut self, mut values: &[f32], sink: Sink<'_>) -> Result<(), OutOfRange> {
        let Self { cols, row } = self;
        let rows = (row.len() + values.len()) / (*cols).max(1);
        let mut words = vec![0.0; rows * row_words(*cols)];
        for words in words.chunks_exact_mut(row_words(*cols)) {
            let (next, rest) = values.split_at(*cols - row.len());
            values = rest;
            let (scale, elements) = words.split_at_mut(1);
            let elements = &mut bytemuck::cast_slice_mut(elements)[..*cols];
            // Most rows come whole.
            scale[0] = if row.is_empty() {
                quantize(next, elements)?
            } else {
                row.extend_from_slice(next);
                let scale = quantize(row, elements)?;
                row.clear();
                scale
            };
        }
        row.extend_from_slice(values);
        if !words.is_empty() {
            sink(&words);
        }
        Ok(())
    }
}

/// The scale of a row and its elements, each `scale * q` to half a scale.
///
/// # Errors
/// If a value is not finite.
pub fn quantize_row(row: &[f32]) -> Result<(f32, Vec<i8>), OutOfRange> {
    let mut elements = vec![0; row.len()];
    Ok((quantize(row, &mut elements)?, elements))
}

/// Writes the elements of a row and returns its scale. The largest magnitude is found among bits, whose order is that of the magnitudes,
/// with whatever is not finite above them: loops over integers vectorise.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
fn quantize(row: &[f32], elements: &mut [i8]) -> Result<f32, OutOfRange> {
    // To add and subtract it rounds to an integer, ties to even, which lies in the lowest bits.
    const INTEGER: f32 = 12_582_912.0;
    let magnitude = |value: &f32| value.to_bits() & (u32::MAX >> 1);
    let most = f32::from_bits(row.iter().map(magnitude).fold(0, u32::max));
    if !most.is_finite() {
        return Err(OutOfRange { value: row.iter().copied().find(|value| !value.is_finite()).unwrap_or(most) });
    }
    let scale = if most / TOP < f32::MIN_POSITIVE { 0.0 } else { most / TOP };
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    elements.iter_mut().zip(row).for_each(|(q, value)| *q = (value * inverse + INTEGER).to_bits() as i8);
    Ok(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(values: &[f32], shape: [usize; 2], piece: usize) -> Vec<f32> {
        let mut words = Vec::new();
        let mut pack = Q8.pack(shape);
        values.chunks(piece).for_each(|values| pack.f32(values, &mut |piece| words.extend_from_slice(piece)).unwrap());
        pack.end(&mut |piece| words.extend_from_slice(piece));
        words
    }

    #[test]
    fn rows_have_their_own_steps_whatever_the_pieces() {
        let [rows, cols] = [5, 7];
        let mut values: Vec<f32> =
            (0..rows * cols).map(|i| ((i * 37 % 41) as f32 - 20.0) * 10.0_f32.powi(i as i32 / 7 - 2)).collect();
        values[14..21].fill(0.0);
        let all = words(&values, [rows, cols], 35);
        assert_eq!(all.len(), Q8.words([rows, cols]));
        for (row, values) in values.chunks(cols).enumerate() {
            let step = values.iter().fold(0.0_f32, |most, value| most.max(value.abs())) / 127.0;
            for (col, value) in values.iter().enumerate() {
                let mut wide = [f32::NAN];
                Q8.widen(&all, [rows, cols], [row, col], &mut wide);
                assert!((wide[0] - value).abs() <= 0.501 * step, "({row}, {col}): {}, not {value}", wide[0]);
            }
        }
        let bits = |words: &[f32]| words.iter().map(|word| word.to_bits()).collect::<Vec<_>>();
        (1..=9).for_each(|piece| assert_eq!(bits(&words(&values, [rows, cols], piece)), bits(&all)));
    }

    /// What is rounded is not rounded once more.
    #[test]
    fn twice_is_once() {
        let values: Vec<f32> = (0..64).map(|i| (i as f32 * 0.7).sin()).collect();
        let once = words(&values, [2, 32], 64);
        let mut wide = vec![0.0; 64];
        wide.chunks_mut(32).enumerate().for_each(|(row, to)| Q8.widen(&once, [2, 32], [row, 0], to));
        let twice = words(&wide, [2, 32], 64);
        for (once, twice) in once.chunks(9).zip(twice.chunks(9)) {
            assert!((once[0] - twice[0]).abs() < 1e-6 * once[0]);
            assert_eq!(parts(once).1, parts(twice).1);
        }
    }

    #[test]
    fn panels_widen_to_the_same() {
        for shape @ [rows, cols] in [[3, 5], [40, 70], [33, 64], [70, 384]] {
            let values: Vec<f32> = (0..rows * cols).map(|i| ((i * 37 % 4099) as f32 - 2048.0) / 1000.0).collect();
            let mut panels = words(&values, shape, 1000);
            let mut wide = vec![0.0; rows * cols];
            wide.chunks_mut(cols).enumerate().for_each(|(row, to)| Q8.widen(&panels, shape, [row, 0], to));
            panels.resize(Q8.panel_words(shape), f32::NAN);
            Q8.to_panels(&mut panels, shape);
            for (of, depth, width) in [(Of::Transpose, cols, rows), (Of::Plain, rows, cols)] {
                for depth in [0..depth, depth / 8 * 4..depth] {
                    for col in (0..width).step_by(PANEL) {
                        let mut scratch = vec![f32::NAN; PANEL * depth.len()];
                        let panel = Q8.panel((&panels, shape), of, (col, depth.clone()), &mut scratch);
                        for (i, found) in panel.iter().enumerate() {
                            let (deep, across) = (depth.start + i / PANEL, col + i % PANEL);
                            let [row, at] = if of == Of::Plain { [deep, across] } else { [across, deep] };
                            let expected = if row < rows && at < cols { wide[row * cols + at] } else { 0.0 };
                            assert_eq!(*found, expected, "{shape:?} {of:?} ({row}, {at})");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_finite_number_is_refused() {
        let pack = |value: f32| Q8.pack([1, 2]).f32(&[1.0, value], &mut |_| ());
        assert!(pack(3e38).is_ok() && pack(1e-45).is_ok());
        assert_eq!(pack(f32::INFINITY), Err(OutOfRange { value: f32::INFINITY }));
    }
}
