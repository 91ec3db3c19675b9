//! The sum of rows of embedding tables: words, positions, token types.

use graftwork_gpu::Access;

use super::{dispatch, groups_for, wgsl};
use crate::cpu::for_each_row;
use crate::device::Backend;
use crate::weight::CpuWeight;
use crate::{Device, Indices, Tensor, Weight};

pub(crate) const BUFFERS: &[Access] = &[Access::Read, Access::Read, Access::ReadWrite];
/// `shaders/embed.wgsl`; with the fragment of a type of weights it is a shader.
pub(crate) const CODE: &str = wgsl!("embed.wgsl");

/// Constants for validation.
pub fn variants() -> super::Variants {
    vec![vec![("ADD", 0)], vec![("ADD", 1)]]
}

/// `y[t] = tables[0][tokens[t]] + tables[1][tokens[T + t]] + ...`, [T, D]: `tokens` holds T row numbers for each table, one
/// table's after the other's. Embeddings are frozen: there is no derivative.
///
/// The caller has checked that every number is inside its table.
pub fn embed(device: &Device, tokens: &Indices, tables: &[Weight], y: &Tensor) {
    let (t, d) = (y.rows(), y.cols());
    assert_eq!(tokens.len(), tables.len() * t, "embed: tokens");
    assert!(tables.iter().all(|table| table.cols() == d), "embed: hidden size");
    match device.backend() {
        Backend::Cpu(_) => {
            let tables: Vec<_> = tables.iter().map(Weight::cpu).collect();
            embed_cpu(&tokens.values(), &tables, d, &mut y.cpu_mut());
        }
        Backend::Gpu(gpu) => {
            for (i, table) in tables.iter().enumerate() {
                let [vec4, scalar] = &table.kind().shaders().embed;
                let shader = if d.is_multiple_of(4) { vec4 } else { scalar };
                let buffers = [tokens.binding(), table.words().binding(), y.binding()];
                let params = [t as u32, d as u32, (i * t) as u32];
                dispatch(gpu, shader, &[("ADD", u32::from(i > 0))], &buffers, &params, groups_for(t * d.div_ceil(4)));
            }
        }
    }
}

/// The CPU body.
fn embed_cpu(tokens: &[u32], tables: &[CpuWeight<'_>], d: usize, y: &mut [f32]) {
    const WIDTH: usize = 64;
    let t = tokens.len() / tables.len().max(1);
    for_each_row(y, d, |i, out| {
        for (at, out) in out.chunks_mut(WIDTH).enumerate() {
            out.fill(0.0);
            for (which, table) in tables.iter().enumerate() {
                let mut row = [0.0; WIDTH];
                let row = &mut row[..out.len()];
                table.widen(tokens[which * t + i] as usize, at * WIDTH, row);
                out.iter_mut().zip(row).for_each(|(out, value)| *out += *value);
            }
        }
    });
}
