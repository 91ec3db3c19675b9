//! What LoRA computes beside a frozen product.

use graftwork_tensor::ops::linear::Linear;
use graftwork_tensor::{Activation, Tape, Var, Weight};

use super::{Factor, Lora, canonical_name};
use crate::arena::Arena;
use crate::graft::{Graft, Matrix, Product};
use crate::layers::Dense;

/// The low-rank changes of an adapter.
#[derive(Debug)]
pub(super) struct LowRank {
    scale: f32,
    dropout: f32,
    /// A and B of each matrix that changes.
    factors: Vec<((usize, Matrix), [Weight; 2])>,
}

impl LowRank {
    pub fn new(config: &Lora, arena: &Arena, layers: usize) -> Self {
        let get = |layer, matrix, factor| arena.get(&canonical_name(layer, matrix, factor)).map(Weight::from);
        let pair = |at: (usize, Matrix)| Some((at, [get(at.0, at.1, Factor::A)?, get(at.0, at.1, Factor::B)?]));
        let all = (0..layers).flat_map(|layer| Matrix::ALL.map(|matrix| (layer, matrix)));
        let factors = all.filter(|(layer, matrix)| config.changes(*layer, *matrix)).filter_map(pair).collect();
        Self { scale: config.scale() as f32, dropout: config.dropout as f32, factors }
    }

    /// `onto + scale * B A dropout(x)`, [T, out].
    fn change(&self, tape: &mut Tape, [a, b]: &[Weight; 2], x: &Var, onto: Option<&Var>) -> Var {
        let x = tape.dropout(x, self.dropout, None);
        // Scaled where it is narrow.
        let down = Linear { weight: a, bias: None, activation: Activation::Identity, alpha: self.scale };
        let inner = tape.linear(&x, down, None);
        tape.linear(&inner, Linear { weight: b, alpha: 1.0, ..down }, onto)
    }
}

impl Graft for LowRank {
    fn product(
        &self,
        tape: &mut Tape,
        (layer, product): (usize, Product),
        x: &Var,
        dense: &Dense,
        activation: Activation,
    ) -> Var {
        let parts = product.matrices();
        let own = |at| self.factors.iter().find(|(place, _)| *place == at).map(|(_, factors)| factors);
        let changed = |(i, matrix): (usize, &Matrix)| Some((i, own((layer, *matrix))?));
        let changes: Vec<_> = parts.iter().enumerate().filter_map(changed).collect();
        if changes.is_empty() {
            return dense.forward(tape, x, activation);
        }
        let y = dense.forward(tape, x, Activation::Identity);
        let y = if let ([_], [(_, factors)]) = (parts, changes.as_slice()) {
            self.change(tape, factors, x, Some(&y))
        } else {
            let width = y.value().cols() / parts.len();
            let blocks = changes.into_iter().map(|(i, factors)| (i * width, self.change(tape, factors, x, None)));
            let blocks = blocks.collect();
            tape.add_columns(&y, blocks)
        };
        tape.activate(&y, activation)
    }
}
