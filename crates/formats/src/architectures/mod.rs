//! Architectures as data: which tensors a backbone has, under which names, in which shapes.
//!
//! A further architecture is a further [`Architecture`] variant with a table of [`Row`]s, not a copy of the code that
//! reads weights.

use crate::huggingface::config::BackboneConfig;

/// The families of backbones that this crate knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// BERT (Devlin et al. 2019) as in transformers' `BertModel`: learned absolute positions, LayerNorm after each
    /// residual connection, full attention.
    Bert,
}

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

/// A dimension of a tensor, by what the configuration calls it.
#[derive(Debug, Clone, Copy)]
enum Dim {
    /// `vocab_size`
    Vocabulary,
    /// `max_position_embeddings`
    Positions,
    /// `type_vocab_size`
    Types,
    /// `hidden_size`, D
    Hidden,
    /// `intermediate_size`, F
    FeedForward,
}
use Dim::{FeedForward, Hidden, Positions, Types, Vocabulary};

/// One or (with `{}` for the layer's number) one per layer.
struct Row {
    name: &'static str,
    shape: &'static [Dim],
    optional: bool,
}

const fn row(name: &'static str, shape: &'static [Dim]) -> Row {
    Row { name, shape, optional: false }
}

const BERT: &[Row] = &[
    row("embeddings.word_embeddings.weight", &[Vocabulary, Hidden]),
    row("embeddings.position_embeddings.weight", &[Positions, Hidden]),
    row("embeddings.token_type_embeddings.weight", &[Types, Hidden]),
    row("embeddings.LayerNorm.weight", &[Hidden]),
    row("embeddings.LayerNorm.bias", &[Hidden]),
    row("encoder.layer.{}.attention.self.query.weight", &[Hidden, Hidden]),
    row("encoder.layer.{}.attention.self.query.bias", &[Hidden]),
    row("encoder.layer.{}.attention.self.key.weight", &[Hidden, Hidden]),
    row("encoder.layer.{}.attention.self.key.bias", &[Hidden]),
    row("encoder.layer.{}.attention.self.value.weight", &[Hidden, Hidden]),
    row("encoder.layer.{}.attention.self.value.bias", &[Hidden]),
    row("encoder.layer.{}.attention.output.dense.weight", &[Hidden, Hidden]),
    row("encoder.layer.{}.attention.output.dense.bias", &[Hidden]),
    row("encoder.layer.{}.attention.output.LayerNorm.weight", &[Hidden]),
    row("encoder.layer.{}.attention.output.LayerNorm.bias", &[Hidden]),
    row("encoder.layer.{}.intermediate.dense.weight", &[FeedForward, Hidden]),
    row("encoder.layer.{}.intermediate.dense.bias", &[FeedForward]),
    row("encoder.layer.{}.output.dense.weight", &[Hidden, FeedForward]),
    row("encoder.layer.{}.output.dense.bias", &[Hidden]),
    row("encoder.layer.{}.output.LayerNorm.weight", &[Hidden]),
    row("encoder.layer.{}.output.LayerNorm.bias", &[Hidden]),
    // Checkpoints of task models (masked LM, tagging, ...) have no pooler.
    Row { name: "pooler.dense.weight", shape: &[Hidden, Hidden], optional: true },
    Row { name: "pooler.dense.bias", shape: &[Hidden], optional: true },
];

impl Architecture {
    /// Every known architecture.
    pub const ALL: &[Self] = &[Self::Bert];

    /// Its `model_type` in `config.json`.
    #[must_use]
    pub fn model_type(self) -> &'static str {
        match self {
            Self::Bert => "bert",
        }
    }

    /// The name that transformers' task models give to the backbone inside them, hence the prefix of its tensors.
    #[must_use]
    pub fn base_model_prefix(self) -> &'static str {
        match self {
            Self::Bert => "bert",
        }
    }

    /// The class in AdapterHub's library that carries adapters and heads for this architecture.
    #[must_use]
    pub fn adapter_model_class(self) -> &'static str {
        match self {
            Self::Bert => "BertAdapterModel",
        }
    }

    /// The class in transformers that puts a plain classifier on this architecture.
    #[must_use]
    pub fn classifier_class(self) -> &'static str {
        match self {
            Self::Bert => "BertForSequenceClassification",
        }
    }

    /// The architecture whose `model_type` this is.
    #[must_use]
    pub fn from_model_type(model_type: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|architecture| architecture.model_type() == model_type)
    }

    /// The canonical name of the tensor that a checkpoint calls `name`: without the model's prefix, and with the
    /// `gamma`/`beta` that checkpoints converted from TensorFlow have for `weight`/`bias`.
    #[must_use]
    pub(crate) fn canonical_name(self, name: &str) -> String {
        let bare = name.strip_prefix(self.base_model_prefix()).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
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
    pub(crate) fn tensor_specs(self, config: &BackboneConfig) -> Vec<TensorSpec> {
        let rows = match self {
            Self::Bert => BERT,
        };
        let spec = |row: &Row, name: String| TensorSpec {
            name,
            shape: row.shape.iter().map(|&dim| extent(dim, config)).collect(),
            optional: row.optional,
        };
        let per_layer = |row: &&Row| row.name.contains("{}");
        let first_layer_row = rows.iter().position(|row| per_layer(&row)).unwrap_or(rows.len());
        let (before, after) = rows.split_at(first_layer_row);
        let mut specs: Vec<_> = before.iter().map(|row| spec(row, row.name.to_owned())).collect();
        for layer in 0..config.num_hidden_layers {
            let layer = layer.to_string();
            specs.extend(after.iter().filter(per_layer).map(|row| spec(row, row.name.replace("{}", &layer))));
        }
        specs.extend(after.iter().filter(|row| !per_layer(row)).map(|row| spec(row, row.name.to_owned())));
        specs
    }
}

fn extent(dim: Dim, config: &BackboneConfig) -> usize {
    match dim {
        Vocabulary => config.vocab_size,
        Positions => config.max_position_embeddings,
        Types => config.type_vocab_size,
        Hidden => config.hidden_size,
        FeedForward => config.intermediate_size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minilm_has_103_tensors_of_the_known_size() {
        let config = BackboneConfig {
            vocab_size: 30522,
            hidden_size: 384,
            num_hidden_layers: 6,
            num_attention_heads: 12,
            intermediate_size: 1536,
            ..BackboneConfig::default()
        };
        let specs = config.tensor_specs();
        assert_eq!(specs.len(), 103);
        let values: usize = specs.iter().map(|spec| spec.shape.iter().product::<usize>()).sum();
        assert_eq!(values, 22_713_216);
        assert_eq!(specs[5].name, "encoder.layer.0.attention.self.query.weight");
        assert_eq!(specs[102].name, "pooler.dense.bias");
        let down = specs.iter().find(|spec| spec.name == "encoder.layer.5.output.dense.weight").unwrap();
        assert_eq!(down.shape, [384, 1536]);
    }

    #[test]
    fn names_lose_prefix_and_legacy_endings() {
        let canonical = |name| Architecture::Bert.canonical_name(name);
        assert_eq!(canonical("bert.pooler.dense.bias"), "pooler.dense.bias");
        assert_eq!(canonical("bert.embeddings.LayerNorm.gamma"), "embeddings.LayerNorm.weight");
        assert_eq!(canonical("embeddings.LayerNorm.beta"), "embeddings.LayerNorm.bias");
        assert_eq!(canonical("bertha.x"), "bertha.x");
        assert_eq!(canonical("cls.predictions.bias"), "cls.predictions.bias");
    }
}
