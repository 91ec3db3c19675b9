//! The tensors of a backbone, by its blueprint.

use super::{Blueprint, MaskedLmNames};
use crate::huggingface::config::BackboneConfig;

/// A tensor that a backbone has: its canonical name (transformers' name without the model's prefix) and shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpec {
    /// Such as `encoder.layer.0.attention.self.query.weight`.
    pub name: String,
    /// Such as `[D, D]`.
    pub shape: Vec<usize>,
    /// Whether a checkpoint may lack it. Optional tensors come in groups with the same prefix up to the last dot: all
    /// of a group are there or none.
    pub optional: bool,
}

impl Blueprint {
    /// The canonical name of the tensor that a checkpoint calls `name`: without the model's prefix, and with the
    /// `gamma`/`beta` that checkpoints converted from TensorFlow have for `weight`/`bias`.
    #[must_use]
    pub(crate) fn canonical_name(&self, name: &str) -> String {
        let bare = name.strip_prefix(self.prefix).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
        if let Some(stem) = bare.strip_suffix(".gamma") {
            return format!("{stem}.weight");
        }
        if let Some(stem) = bare.strip_suffix(".beta") {
            return format!("{stem}.bias");
        }
        bare.to_owned()
    }

    /// The tensors of a backbone of this architecture, in the order of the forward pass.
    #[must_use]
    pub(crate) fn tensor_specs(&self, config: &BackboneConfig) -> Vec<TensorSpec> {
        let (d, e, f) = (config.hidden_size, config.embedding_size(), config.intermediate_size);
        let names = &self.names;
        let mut specs = vec![
            weight(names.words, &[config.vocab_size, e]),
            weight(names.positions, &[config.max_position_embeddings, e]),
        ];
        specs.extend(names.types.map(|types| weight(types, &[config.type_vocab_size, e])));
        specs.extend(norm(names.embedding_norm, e));
        specs.extend(config.projection().into_iter().flat_map(|projection| dense(projection, d, e)));
        for layer in 0..config.num_hidden_layers {
            let name = |module| self.in_layer(layer, module);
            let modules = &names.layer;
            for module in [modules.query, modules.key, modules.value, modules.attention_output] {
                specs.extend(dense(&name(module), d, d));
            }
            specs.extend(norm(&name(modules.attention_norm), d));
            specs.extend(dense(&name(modules.feed_forward_up), f, d));
            specs.extend(dense(&name(modules.feed_forward_down), d, f));
            specs.extend(norm(&name(modules.feed_forward_norm), d));
        }
        let pooler = names.pooler.into_iter().flat_map(|pooler| dense(pooler, d, d));
        specs.extend(pooler.map(|spec| TensorSpec { optional: true, ..spec }));
        specs
    }
}

impl MaskedLmNames {
    /// The tensors of the head, in the order of the forward pass; a checkpoint has all of them or is no masked language
    /// model's.
    #[must_use]
    pub fn tensor_specs(&self, config: &BackboneConfig) -> Vec<TensorSpec> {
        let (d, e) = (config.hidden_size, config.embedding_size());
        let bias = TensorSpec { name: self.bias.to_owned(), shape: vec![config.vocab_size], optional: true };
        let all = dense(self.dense, e, d).into_iter().chain(norm(self.norm, e)).chain([bias]);
        all.map(|spec| TensorSpec { optional: true, ..spec }).collect()
    }
}

fn tensor(module: &str, part: &str, shape: &[usize]) -> TensorSpec {
    TensorSpec { name: format!("{module}.{part}"), shape: shape.to_vec(), optional: false }
}

fn weight(module: &str, shape: &[usize]) -> TensorSpec {
    tensor(module, "weight", shape)
}

fn dense(module: &str, outputs: usize, inputs: usize) -> [TensorSpec; 2] {
    [weight(module, &[outputs, inputs]), tensor(module, "bias", &[outputs])]
}

fn norm(module: &str, width: usize) -> [TensorSpec; 2] {
    [weight(module, &[width]), tensor(module, "bias", &[width])]
}
