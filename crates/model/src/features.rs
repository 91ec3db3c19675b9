//! What a head stands on: a vector a text or sequence, or every token's.

use graftwork_tensor::ops::add_columns;
use graftwork_tensor::{Param, Tape, Var};

use crate::backbone::Backbone;
use crate::batch::{Batch, Hidden};
use crate::{HeadConfig, HeadPooling, HeadRows};

/// How hidden states become what a head's dense layers get.
#[derive(Debug, Clone)]
pub struct Features {
    rows: HeadRows,
    pooling: HeadPooling,
    normalize: bool,
    layers: Vec<usize>,
    /// What the parts of [`HeadConfig::hidden_layers`] are multiplied with, `[1]`, if there are several.
    scale: Option<Param>,
}

impl Features {
    /// Those of a head on a backbone.
    pub fn new(head: &HeadConfig, backbone: &Backbone) -> Self {
        let parts = head.hidden_layers.len();
        let scale = || Param::frozen(backbone.device().tensor(1, 1, &[1.0 / (parts as f32).sqrt()]));
        Self {
            rows: head.kind.info().rows,
            pooling: head.pooling,
            normalize: head.normalize,
            layers: head.hidden_layers.clone(),
            scale: (parts > 0).then(scale),
        }
    }

    /// The layers whose hidden states are read (from 1); none if the last one's alone are.
    pub fn layers(&self) -> &[usize] {
        &self.layers
    }

    /// [S, D], a row a text or a sequence, D times the number of layers that are read; or [T, D] where every token has its
    /// row, [N, D] of those that are masked. Windows of a text are averaged before the scaling. A batch that begins at the head
    /// has them already.
    pub fn of(&self, tape: &mut Tape, backbone: &Backbone, hidden: &Hidden, batch: &Batch) -> Var {
        if batch.first_layer().is_none() {
            return hidden.last().clone();
        }
        let Some(scale) = &self.scale else { return self.pooled(tape, backbone, hidden.last(), batch) };
        let parts: Vec<Var> = hidden.between().iter().map(|x| self.pooled(tape, backbone, x, batch)).collect();
        let joined = beside(tape, parts);
        tape.scale(&joined, scale, None)
    }

    fn pooled(&self, tape: &mut Tape, backbone: &Backbone, hidden: &Var, batch: &Batch) -> Var {
        let x = match self.rows {
            HeadRows::Tokens => hidden.clone(),
            HeadRows::Sequences => backbone.pool_sequences(tape, hidden, batch, self.pooling),
            HeadRows::Masked => match &batch.masked {
                Some(masked) => tape.gather_rows(hidden, &masked.places),
                None => hidden.clone(),
            },
            HeadRows::Texts => backbone.pool(tape, hidden, batch, self.pooling),
        };
        if self.normalize { tape.normalize(&x) } else { x }
    }
}

/// Matrices of as many rows, beside each other.
///
/// # Panics
/// If there are none.
pub fn beside(tape: &mut Tape, parts: Vec<Var>) -> Var {
    let rows = parts[0].value().rows();
    let mut cols = 0;
    let place = |part: Var| {
        let first = cols;
        cols += part.value().cols();
        (first, part)
    };
    let blocks: Vec<_> = parts.into_iter().map(place).collect();
    let wide = tape.constant(tape.device().zeros(rows, cols));
    blocks.chunks(add_columns::MOST).fold(wide, |wide, some| tape.add_columns(&wide, some.to_vec()))
}
