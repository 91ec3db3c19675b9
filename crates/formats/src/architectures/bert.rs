//! BERT (Devlin et al. 2019), transformers' `BertModel`.

use super::{Blueprint, Classifier, LayerNames, MaskedLmNames, Names, Positions, Setting, Settings};

/// One dense layer on the pooler.
pub(super) const POOLED: Classifier = Classifier { layers: &["classifier"], activation: None, on_pooler: true };

/// BERT.
pub static BERT: Blueprint = Blueprint {
    model_type: "bert",
    class: "Bert",
    prefix: "bert",
    settings: SETTINGS,
    positions: Positions::FromZero,
    names: NAMES,
    classifier: POOLED,
    chooser: Some(POOLED),
    masked_lm: MaskedLmNames {
        dense: "cls.predictions.transform.dense",
        activation: None,
        norm: "cls.predictions.transform.LayerNorm",
        bias: "cls.predictions.bias",
        decoder: "cls.predictions.decoder.weight",
    },
};

/// BERT-base, and what its descendants have in common with it.
pub(super) const SETTINGS: Settings = Settings {
    vocab_size: Setting::new("vocab_size", 30522),
    embedding_size: None,
    hidden_size: Setting::new("hidden_size", 768),
    num_hidden_layers: Setting::new("num_hidden_layers", 12),
    num_attention_heads: Setting::new("num_attention_heads", 12),
    intermediate_size: Setting::new("intermediate_size", 3072),
    hidden_act: Setting::new("hidden_act", "gelu"),
    max_position_embeddings: Setting::new("max_position_embeddings", 512),
    type_vocab_size: Setting::new("type_vocab_size", 2),
    layer_norm_eps: Setting::new("layer_norm_eps", 1e-12),
    pad_token_id: Setting::new("pad_token_id", 0),
    hidden_dropout_prob: Setting::new("hidden_dropout_prob", 0.1),
    classifier_dropout: Setting::new("classifier_dropout", None),
};

pub(super) const NAMES: Names = Names {
    words: "embeddings.word_embeddings",
    positions: "embeddings.position_embeddings",
    types: Some("embeddings.token_type_embeddings"),
    embedding_norm: "embeddings.LayerNorm",
    projection: None,
    layers: "encoder.layer",
    layer: LayerNames {
        query: "attention.self.query",
        key: "attention.self.key",
        value: "attention.self.value",
        attention_output: "attention.output.dense",
        attention_norm: "attention.output.LayerNorm",
        feed_forward_up: "intermediate.dense",
        feed_forward_down: "output.dense",
        feed_forward_norm: "output.LayerNorm",
        attention_adapter: "attention.output",
        feed_forward_adapter: "output",
    },
    pooler: Some("pooler.dense"),
};
