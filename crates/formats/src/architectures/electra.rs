//! ELECTRA (Clark et al. 2020), transformers' `ElectraModel`: BERT's network over embeddings of another width than its
//! hidden states, without pooler.

use super::{Blueprint, Classifier, MaskedLmNames, Names, Positions, Setting, Settings, bert};

/// ELECTRA, the discriminator.
pub static ELECTRA: Blueprint = Blueprint {
    model_type: "electra",
    class: "Electra",
    prefix: "electra",
    settings: Settings {
        embedding_size: Some(Setting::new("embedding_size", 128)),
        hidden_size: Setting::new("hidden_size", 256),
        num_attention_heads: Setting::new("num_attention_heads", 4),
        intermediate_size: Setting::new("intermediate_size", 1024),
        ..bert::SETTINGS
    },
    positions: Positions::FromZero,
    names: Names { projection: Some("embeddings_project"), pooler: None, ..bert::NAMES },
    classifier: Classifier {
        layers: &["classifier.dense", "classifier.out_proj"],
        activation: Some("gelu"),
        on_pooler: false,
    },
    chooser: None,
    masked_lm: MaskedLmNames {
        dense: "generator_predictions.dense",
        activation: Some("gelu"),
        norm: "generator_predictions.LayerNorm",
        bias: "generator_lm_head.bias",
        decoder: "generator_lm_head.weight",
    },
};
