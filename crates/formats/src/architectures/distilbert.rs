//! DistilBERT (Sanh et al. 2019), transformers' `DistilBertModel`: BERT's network without token types and pooler, under
//! names of its own.

use super::{Blueprint, Classifier, LayerNames, MaskedLmNames, Names, Positions, Setting, Settings, bert};

/// Two dense layers on the first token.
const FIRST_TOKEN: Classifier =
    Classifier { layers: &["pre_classifier", "classifier"], activation: Some("relu"), on_pooler: false };

/// DistilBERT.
pub static DISTILBERT: Blueprint = Blueprint {
    model_type: "distilbert",
    class: "DistilBert",
    prefix: "distilbert",
    settings: Settings {
        hidden_size: Setting::new("dim", 768).or("hidden_size"),
        num_hidden_layers: Setting::new("n_layers", 6).or("num_hidden_layers"),
        num_attention_heads: Setting::new("n_heads", 12).or("num_attention_heads"),
        intermediate_size: Setting::new("hidden_dim", 3072),
        hidden_act: Setting::new("activation", "gelu"),
        type_vocab_size: Setting::fixed(0),
        layer_norm_eps: Setting::fixed(1e-12),
        hidden_dropout_prob: Setting::new("dropout", 0.1),
        classifier_dropout: Setting::new("seq_classif_dropout", Some(0.2)),
        ..bert::SETTINGS
    },
    positions: Positions::FromZero,
    names: Names {
        types: None,
        layers: "transformer.layer",
        layer: LayerNames {
            query: "attention.q_lin",
            key: "attention.k_lin",
            value: "attention.v_lin",
            attention_output: "attention.out_lin",
            attention_norm: "sa_layer_norm",
            feed_forward_up: "ffn.lin1",
            feed_forward_down: "ffn.lin2",
            feed_forward_norm: "output_layer_norm",
            attention_adapter: "attention_adapters",
            feed_forward_adapter: "output_adapters",
        },
        pooler: None,
        ..bert::NAMES
    },
    classifier: FIRST_TOKEN,
    chooser: Some(FIRST_TOKEN),
    masked_lm: MaskedLmNames {
        dense: "vocab_transform",
        activation: None,
        norm: "vocab_layer_norm",
        bias: "vocab_projector.bias",
        decoder: "vocab_projector.weight",
    },
};
