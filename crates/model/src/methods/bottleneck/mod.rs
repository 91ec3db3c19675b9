//! Bottleneck adapters: AdapterHub's `BnConfig` with its presets.
//!
//! Houlsby et al. 2019 (`double_seq_bn`), Pfeiffer et al. 2020 (`seq_bn`), He et al. 2021 (`par_bn`).

mod config;
mod graft;
mod json;
mod tensors;

use std::sync::Arc;

use graftwork_formats::{Result, TensorSpec};
use serde_json::{Map, Value};

pub use config::{Bottleneck, InitWeights, ReductionFactor, ResidualBeforeLn, Scaling};

use super::{AdapterConfig, Method, MethodInfo, MethodOption, Modules, Preset, Sizes};
use crate::arena::Arena;
use crate::graft::Graft;
use crate::init::Random;
use crate::options::{OptionKind, Range};

pub(super) const METHOD: MethodInfo = MethodInfo {
    presets: &[
        Preset { name: "double_seq_bn", aliases: &["houlsby", "double-seq-bn"], about: "after both sub-layers" },
        Preset { name: "seq_bn", aliases: &["pfeiffer", "seq-bn"], about: "after the feed-forward sub-layer" },
        Preset { name: "par_bn", aliases: &["parallel", "par-bn"], about: "beside the feed-forward sub-layer" },
        Preset {
            name: "scaled_par_bn",
            aliases: &["scaled_parallel", "scaled-par-bn"],
            about: "beside the feed-forward sub-layer, with a learned scaling",
        },
    ],
    options: &[
        MethodOption {
            name: "reduction-factor",
            key: "reduction_factor",
            kind: OptionKind::Number(Range::Above(0.0)),
            help: "Bottlenecks: hidden size over bottleneck width",
        },
        MethodOption {
            name: "non-linearity",
            key: "non_linearity",
            kind: OptionKind::Name,
            help: "Bottlenecks: activation in the middle, such as relu, swish, gelu, gelu_new or tanh",
        },
        MethodOption {
            name: "leave-out",
            key: "leave_out",
            kind: OptionKind::Layers,
            help: "Layers (from 0) without adapters, such as 0-3; those below the lowest adapter are computed once an example",
        },
    ],
    architecture: None,
    preset: |name| Bottleneck::preset(name).map(AdapterConfig::Bottleneck),
    from_json: |fields, has_version| Bottleneck::from_fields(fields, has_version).map(AdapterConfig::Bottleneck),
};

impl Method for Bottleneck {
    fn to_json(&self) -> Map<String, Value> {
        self.to_object()
    }

    fn validate(&self, file: &str) -> Result<()> {
        self.check(file)
    }

    fn leave_out(&self) -> &[usize] {
        &self.leave_out
    }

    fn scaled(&self, factor: f64) -> Option<(&'static str, f64)> {
        match self.scaling {
            Scaling::Fixed(scaling) => Some(("scaling", scaling * factor)),
            Scaling::Learned | Scaling::Channel => None,
        }
    }

    fn dropout(&self) -> f64 {
        self.dropout
    }

    fn tensors(&self, sizes: &Sizes) -> Result<Vec<TensorSpec>> {
        self.specs(sizes)
    }

    fn fresh(&self, spec: &TensorSpec, random: &mut Random) -> Vec<f32> {
        self.initial(spec, random)
    }

    fn own_seed(&self, canonical: &str) -> Option<(u64, u64)> {
        self.seed_of(canonical)
    }

    fn stored_names(&self, canonical: &str, modules: &Modules, adapter: &str) -> Vec<String> {
        self.stored(canonical, modules, adapter)
    }

    fn canonical_name(&self, stored: &str, modules: &Modules, adapter: &str) -> Option<String> {
        self.canonical(stored, modules, adapter)
    }

    fn graft(&self, arena: &Arena, layers: usize) -> Arc<dyn Graft> {
        Arc::new(graft::Bottlenecks::new(self, arena, layers))
    }
}
