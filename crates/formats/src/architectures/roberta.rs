//! RoBERTa (Liu et al. 2019), transformers' `RobertaModel`: BERT's network with positions that begin behind the padding
//! token's, one token type, and a head of its own. Its tokenizer is a byte-level BPE.

use super::{Blueprint, Classifier, MaskedLmNames, Positions, Setting, Settings, bert};

/// RoBERTa.
pub static ROBERTA: Blueprint = Blueprint {
    model_type: "roberta",
    class: "Roberta",
    prefix: "roberta",
    settings: Settings {
        vocab_size: Setting::new("vocab_size", 50265),
        pad_token_id: Setting::new("pad_token_id", 1),
        ..bert::SETTINGS
    },
    positions: Positions::AfterPadding,
    names: bert::NAMES,
    classifier: Classifier {
        layers: &["classifier.dense", "classifier.out_proj"],
        activation: Some("tanh"),
        on_pooler: false,
    },
    chooser: Some(bert::POOLED),
    masked_lm: MaskedLmNames {
        dense: "lm_head.dense",
        activation: Some("gelu"),
        norm: "lm_head.layer_norm",
        bias: "lm_head.bias",
        decoder: "lm_head.decoder.weight",
    },
};
