//! What a bottleneck computes.
//!
//! With h the output of a sub-layer's dense, x the sub-layer's input, LN the backbone's frozen norm, and
//! `A(z) = dropout(scaling * (W_up act(W_down LNb(z) + b_down) + b_up))`, AdapterHub 1.3.0 (`methods/modeling.py`) computes
//! ```text
//! sequential:  s = original_ln_before ? h + x : h              z = original_ln_before ? LN(s) : h
//!              r = residual_before_ln ? h : z                  ("post_add": s)
//!              y = adapter_residual_before_ln ? LNa(A(z) + r) : LNa(A(z)) + r
//! parallel:    y = LNa(A(x)) + h
//! both:        output = original_ln_after ? LN(y + x) : y
//! ```
//! where the adapter's own norms LNb and LNa are there only with `ln_before` and `ln_after`.

use graftwork_tensor::{Param, Tape, Var};

use super::tensors::{Part, canonical_name};
use super::{Bottleneck, ResidualBeforeLn, Scaling};
use crate::arena::Arena;
use crate::graft::{Graft, SubLayer};
use crate::layers::{Dense, Norm, activation};

/// Added to the variance in an adapter's own LayerNorms: PyTorch's default, not the backbone's `layer_norm_eps`.
const LAYER_NORM_EPS: f32 = 1e-5;

/// The bottlenecks of an adapter.
#[derive(Debug)]
pub(super) struct Bottlenecks {
    config: Bottleneck,
    /// A few dozens at most: a map would be longer as code than as data.
    modules: Vec<((usize, SubLayer), Module)>,
}

impl Bottlenecks {
    pub fn new(config: &Bottleneck, arena: &Arena, layers: usize) -> Self {
        let places = (0..layers).flat_map(|layer| SubLayer::ALL.map(|sub_layer| (layer, sub_layer)));
        let there = places.filter(|(layer, sub_layer)| config.has_adapter(*layer, *sub_layer));
        let modules = there.map(|at| (at, Module::new(arena, at.0, at.1))).collect();
        Self { config: config.clone(), modules }
    }
}

impl Graft for Bottlenecks {
    fn after_sub_layer(&self, tape: &mut Tape, at: (usize, SubLayer), [h, x]: [&Var; 2], norm: &Norm) -> Var {
        let own = self.modules.iter().find(|(place, _)| *place == at);
        let Some((_, module)) = own else { return norm.forward(tape, h, Some(x)) };
        let config = &self.config;
        let y = if config.is_parallel {
            module.forward(tape, config, x, h, false)
        } else {
            let z = if config.original_ln_before { &norm.forward(tape, h, Some(x)) } else { h };
            let skip = match config.residual_before_ln {
                ResidualBeforeLn::Yes => h,
                ResidualBeforeLn::No => z,
                ResidualBeforeLn::PostAdd => &tape.add(h, x),
            };
            module.forward(tape, config, z, skip, config.adapter_residual_before_ln)
        };
        if config.original_ln_after { norm.forward(tape, &y, Some(x)) } else { y }
    }
}

/// One bottleneck: the adapter of one layer and sub-layer.
#[derive(Debug, Clone)]
struct Module {
    norm_before: Option<Norm>,
    down: Dense,
    up: Dense,
    scaling: Option<Param>,
    norm_after: Option<Norm>,
}

impl Module {
    fn new(arena: &Arena, layer: usize, sub_layer: SubLayer) -> Self {
        let get = |part| arena.get(&canonical_name(layer, sub_layer, part));
        let need = |part| get(part).expect("the adapter's tensors were checked");
        let norm = |gamma, beta| Some(Norm { gamma: get(gamma)?, beta: get(beta)?, eps: LAYER_NORM_EPS });
        Self {
            norm_before: norm(Part::NormBeforeWeight, Part::NormBeforeBias),
            down: Dense { weight: need(Part::DownWeight).into(), bias: get(Part::DownBias) },
            up: Dense { weight: need(Part::UpWeight).into(), bias: get(Part::UpBias) },
            scaling: get(Part::Scaling),
            norm_after: norm(Part::NormAfterWeight, Part::NormAfterBias),
        }
    }

    /// `LNa(A(z)) + skip`, or `LNa(A(z) + skip)` with `skip_before_norm`.
    fn forward(&self, tape: &mut Tape, config: &Bottleneck, z: &Var, skip: &Var, skip_before_norm: bool) -> Var {
        let normed;
        let z = match &self.norm_before {
            Some(norm) => {
                normed = norm.forward(tape, z, None);
                &normed
            }
            None => z,
        };
        let inner = self.down.forward(tape, z, activation(&config.non_linearity));
        match &self.norm_after {
            None => self.scaled_up(tape, config, &inner, Some(skip)),
            Some(norm) if skip_before_norm => {
                let sum = self.scaled_up(tape, config, &inner, Some(skip));
                norm.forward(tape, &sum, None)
            }
            Some(norm) => {
                let y = self.scaled_up(tape, config, &inner, None);
                let y = norm.forward(tape, &y, None);
                tape.add(&y, skip)
            }
        }
    }

    /// `skip + dropout(scaling * (W_up inner + b_up))`, in as few ops as the configuration allows.
    fn scaled_up(&self, tape: &mut Tape, config: &Bottleneck, inner: &Var, skip: Option<&Var>) -> Var {
        let p = if tape.drops() { config.dropout as f32 } else { 0.0 };
        let mut up = self.up.linear();
        if let Scaling::Fixed(factor) = config.scaling {
            up.alpha = factor as f32;
        }
        let (after_up, after_scaling) = match (&self.scaling, p > 0.0) {
            (None, false) => (skip, None),
            (None, true) => (None, None),
            (Some(_), false) => (None, skip),
            (Some(_), true) => (None, None),
        };
        let mut y = tape.linear(inner, up, after_up);
        if let Some(scaling) = &self.scaling {
            y = tape.scale(&y, scaling, after_scaling);
        }
        if p > 0.0 { tape.dropout(&y, p, skip) } else { y }
    }
}
