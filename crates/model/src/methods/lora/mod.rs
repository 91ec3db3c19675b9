//! LoRA: a low-rank change of frozen matrices (Hu et al. 2021), AdapterHub's `LoRAConfig`.
//!
//! `y = W x + b + (alpha / r) * B A dropout(x)` with A [r, in] and B [out, r], on any of a layer's matrices.
//!
//! | canonical, behind `layer.<l>.` | AdapterHub's, behind `bert.encoder.layer.<l>.` | PEFT's, behind `base_model.model.bert.encoder.layer.<l>.` |
//! |---|---|---|
//! | `query.a` | `attention.self.query.loras.<name>.lora_A` | `attention.self.query.lora_A.weight` |
//! | `query.b` | `attention.self.query.loras.<name>.lora_B` | `attention.self.query.lora_B.weight` |
//! | `feed_forward_up.a`, ... | `intermediate.dense.loras.<name>.lora_A`, ... | `intermediate.dense.lora_A.weight`, ... |
//!
//! PEFT calls the keys `r`, `lora_alpha`, `lora_dropout`, and says where in `target_modules`. AdapterHub has no LoRA on the
//! attention's output projection, which PEFT has: that takes the key `attn_output_lora`, and AdapterHub leaves it out.

mod config;
mod graft;

use std::collections::BTreeMap;
use std::sync::Arc;

use graftwork_formats::{HostTensor, Result, TensorSpec};
use serde_json::{Map, Value};

pub use config::{Lora, LoraInit};

use super::{AdapterConfig, Method, MethodInfo, MethodOption, Modules, Preset, Sizes, part_of};
use crate::arena::Arena;
use crate::graft::{Graft, Matrix};
use crate::init::Random;
use crate::options::{OptionKind, Range};

pub(super) const METHOD: MethodInfo = MethodInfo {
    presets: &[Preset { name: "lora", aliases: &[], about: "a low-rank change of the frozen matrices" }],
    options: &[
        MethodOption {
            name: "rank",
            key: "r",
            kind: OptionKind::Whole { from: 1, unit: "" },
            help: "LoRA: rank of the change",
        },
        MethodOption {
            name: "alpha",
            key: "alpha",
            kind: OptionKind::Number(Range::Any),
            help: "LoRA: the change is multiplied with alpha over rank",
        },
        MethodOption {
            name: "attn-matrices",
            key: "attn_matrices",
            kind: OptionKind::SomeOf(&["q", "k", "v"]),
            help: "LoRA: which of query, key and value change",
        },
        MethodOption {
            name: "attn-output-lora",
            key: "attn_output_lora",
            kind: OptionKind::Switch,
            help: "LoRA: behind attention too",
        },
        MethodOption {
            name: "intermediate-lora",
            key: "intermediate_lora",
            kind: OptionKind::Switch,
            help: "LoRA: on the way into the feed-forward half too",
        },
        MethodOption {
            name: "output-lora",
            key: "output_lora",
            kind: OptionKind::Switch,
            help: "LoRA: on the way out of the feed-forward half too",
        },
        MethodOption {
            name: "adapter-dropout",
            key: "dropout",
            kind: OptionKind::Number(Range::FromBelow(0.0, 1.0)),
            help: "Dropout probability inside the adapter while training",
        },
    ],
    architecture: Some(config::ARCHITECTURE),
    preset: |name| (name == "lora").then(|| AdapterConfig::Lora(Lora::default())),
    from_json: |fields, _| Lora::from_fields(fields).map(AdapterConfig::Lora),
};

/// The kind of module that AdapterHub keeps the matrices in.
const KIND: &str = "loras";

/// One of the two matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Factor {
    /// [r, in]
    A,
    /// [out, r]
    B,
}

impl Factor {
    const ALL: [Self; 2] = [Self::A, Self::B];

    fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    /// AdapterHub's and PEFT's.
    fn stored(self) -> &'static str {
        match self {
            Self::A => "lora_A",
            Self::B => "lora_B",
        }
    }
}

fn canonical_name(layer: usize, matrix: Matrix, factor: Factor) -> String {
    format!("layer.{layer}.{}.{}", matrix.name(), factor.name())
}

/// The inverse of [`canonical_name`].
fn parse(canonical: &str) -> Option<(usize, Matrix, Factor)> {
    let (layer, rest) = part_of(canonical)?;
    let (matrix, factor) = rest.split_once('.')?;
    let matrix = Matrix::ALL.into_iter().find(|known| known.name() == matrix)?;
    Some((layer, matrix, Factor::ALL.into_iter().find(|known| known.name() == factor)?))
}

impl Method for Lora {
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
        Some(("alpha", self.alpha * factor))
    }

    fn dropout(&self) -> f64 {
        self.dropout
    }

    fn tensors(&self, sizes: &Sizes) -> Result<Vec<TensorSpec>> {
        let mut specs = Vec::new();
        for layer in 0..sizes.layers {
            for matrix in Matrix::ALL.into_iter().filter(|matrix| self.changes(layer, *matrix)) {
                let [out, inputs] = matrix.shape(sizes);
                for (factor, shape) in [(Factor::A, [self.rank, inputs]), (Factor::B, [out, self.rank])] {
                    let name = canonical_name(layer, matrix, factor);
                    specs.push(TensorSpec { name, shape: shape.to_vec(), optional: false });
                }
            }
        }
        Ok(specs)
    }

    fn feed_forward(&self, tensors: &BTreeMap<String, HostTensor>) -> Option<usize> {
        tensors.iter().find_map(|(name, tensor)| match (parse(name)?, tensor.shape.as_slice()) {
            ((_, Matrix::FeedForwardUp, Factor::B), [out, _]) => Some(*out),
            ((_, Matrix::FeedForwardDown, Factor::A), [_, inputs]) => Some(*inputs),
            _ => None,
        })
    }

    fn fresh(&self, spec: &TensorSpec, random: &mut Random) -> Vec<f32> {
        let n = spec.shape.iter().product();
        match (self.init_weights, parse(&spec.name)) {
            (LoraInit::Bert, _) => random.normals(n, 0.02),
            (LoraInit::Lora, Some((.., Factor::A))) => random.kaiming(n, spec.shape[1]),
            (LoraInit::Lora, _) => vec![0.0; n],
        }
    }

    fn own_seed(&self, canonical: &str) -> Option<(u64, u64)> {
        let is_b = matches!(parse(canonical), Some((.., Factor::B)));
        self.init_weights_seed.map(|seed| (seed as u64, u64::from(is_b)))
    }

    fn stored_names(&self, canonical: &str, modules: &Modules, adapter: &str) -> Vec<String> {
        let stored = |(layer, matrix, factor): (usize, Matrix, Factor)| {
            modules.stored(layer, modules.matrix(matrix), KIND, adapter, factor.stored())
        };
        parse(canonical).map(stored).into_iter().collect()
    }

    fn canonical_name(&self, stored: &str, modules: &Modules, adapter: &str) -> Option<String> {
        let (layer, module, ending) = modules.parse(stored, &[KIND], adapter)?;
        let matrix = Matrix::ALL.into_iter().find(|matrix| modules.matrix(*matrix) == module)?;
        let factor = Factor::ALL.into_iter().find(|factor| factor.stored() == ending)?;
        Some(canonical_name(layer, matrix, factor))
    }

    fn graft(&self, arena: &Arena, layers: usize) -> Arc<dyn Graft> {
        Arc::new(graft::LowRank::new(self, arena, layers))
    }

    fn merges(&self) -> bool {
        true
    }

    fn changes(&self, layer: usize, matrix: Matrix) -> bool {
        self.changes(layer, matrix)
    }

    fn change(&self, tensors: &BTreeMap<String, HostTensor>, layer: usize, matrix: Matrix) -> Option<HostTensor> {
        let [a, b] = Factor::ALL.map(|factor| tensors.get(&canonical_name(layer, matrix, factor)));
        let (a, b) = (a?, b?);
        let (out, inputs) = (b.shape[0], a.shape[1]);
        let mut change = Vec::with_capacity(out * inputs);
        let mut row = vec![0.0f64; inputs];
        for weights in b.data.chunks(self.rank) {
            row.fill(0.0);
            for (weight, a) in weights.iter().zip(a.data.chunks(inputs)) {
                row.iter_mut().zip(a).for_each(|(sum, a)| *sum += f64::from(*weight) * f64::from(*a));
            }
            change.extend(row.iter().map(|sum| (sum * self.scale()) as f32));
        }
        Some(HostTensor::new([out, inputs], change))
    }
}

#[cfg(test)]
mod tests;
