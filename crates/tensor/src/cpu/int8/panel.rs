//! How a weight of 8-bit integers lies in panels: [`PANEL`] of its rows become columns, four of their elements side by side, as the
//! dot products of processors want them.

use bytemuck::{cast_slice, cast_slice_mut};
use multiversion::multiversion;

use super::GROUP;
use crate::cpu::PANEL;

/// Four elements of each column.
pub(super) type Quads = [[i8; 4]; PANEL];
/// Of a group.
const QUADS: usize = GROUP / 4;

/// Rows of [`PANEL`] words in a panel over a depth of `k`: the scales of the columns, then for each group of inputs the sums of
/// their elements, as f32, and the elements.
pub(super) fn rows(k: usize) -> usize {
    1 + k.div_ceil(GROUP) + k.div_ceil(4)
}

/// A panel.
pub(crate) struct Panel<'a> {
    pub(super) scales: &'a [f32; PANEL],
    groups: &'a [[f32; PANEL]],
    quads: usize,
}

impl<'a> Panel<'a> {
    /// What [`write_panel`] wrote.
    pub fn new(words: &'a [f32], k: usize) -> Self {
        let [scales, groups @ ..] = &words.as_chunks::<PANEL>().0[..rows(k)] else { unreachable!("a panel") };
        Self { scales, groups, quads: k.div_ceil(4) }
    }

    /// How many it has of each column.
    pub(super) fn quads(&self) -> usize {
        self.quads
    }

    /// The sums of a group's elements, and the elements.
    #[inline(always)]
    pub(super) fn groups(&self) -> impl Iterator<Item = (&'a [f32; PANEL], &'a [Quads])> {
        self.groups.chunks(1 + QUADS).map(|rows| (&rows[0], cast_slice(&rows[1..])))
    }

    /// Widens the elements of all columns from a depth on, a multiple of 4: [depth, [`PANEL`]].
    pub fn widen(&self, depth: usize, to: &mut [f32]) {
        for (i, to) in to.chunks_mut(4 * PANEL).enumerate() {
            widen_quads(self.quad(depth / 4 + i), self.scales, to);
        }
    }

    /// Widens elements of one column from a depth on, a multiple of 4.
    pub fn widen_column(&self, col: usize, depth: usize, to: &mut [f32]) {
        for (i, to) in to.chunks_mut(4).enumerate() {
            let quad = self.quad(depth / 4 + i)[col];
            to.iter_mut().zip(quad).for_each(|(to, q)| *to = f32::from(q) * self.scales[col]);
        }
    }

    fn quad(&self, i: usize) -> &Quads {
        bytemuck::cast_ref(&self.groups[i + i / QUADS + 1])
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
fn widen_quads(quads: &Quads, scales: &[f32; PANEL], to: &mut [f32]) {
    for (which, to) in to.as_chunks_mut::<PANEL>().0.iter_mut().enumerate() {
        for col in 0..PANEL {
            to[col] = f32::from(quads[col][which]) * scales[col];
        }
    }
}

/// Writes a panel: of each column its scale and its elements, of which there are `k`.
pub(crate) fn write_panel<'r>(columns: impl Iterator<Item = (f32, &'r [i8])>, k: usize, to: &mut [f32]) {
    let [scales, groups @ ..] = &mut to.as_chunks_mut::<PANEL>().0[..rows(k)] else { unreachable!("a panel") };
    scales.fill(0.0);
    groups.as_flattened_mut().fill(0.0);
    for (col, (scale, elements)) in columns.enumerate() {
        scales[col] = scale;
        for (rows, elements) in groups.chunks_mut(1 + QUADS).zip(elements[..k].chunks(GROUP)) {
            let (sums, rows) = rows.split_at_mut(1);
            sums[0][col] = elements.iter().map(|element| i32::from(*element)).sum::<i32>() as f32;
            let quads: &mut [Quads] = cast_slice_mut(rows);
            let (whole, rest) = elements.as_chunks::<4>();
            quads.iter_mut().zip(whole).for_each(|(quads, elements)| quads[col] = *elements);
            if let Some(quads) = quads.get_mut(whole.len()) {
                quads[col][..rest.len()].copy_from_slice(rest);
            }
        }
    }
}
