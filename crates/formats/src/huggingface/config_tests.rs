//! Configurations as transformers writes them, and ones that must be refused.

use super::*;

fn parse(text: &str) -> Result<BackboneConfig> {
    BackboneConfig::from_json("config.json", text.as_bytes())
}

#[test]
fn missing_keys_take_the_library_defaults() {
    assert_eq!(parse(r#"{"model_type": "bert"}"#).unwrap(), BackboneConfig::default());
    assert_eq!(parse(r#"{"architectures": ["BertForMaskedLM"]}"#).unwrap(), BackboneConfig::default());
}

#[test]
fn a_full_configuration_is_read() {
    let config = parse(
        r#"{"model_type": "bert", "vocab_size": 591, "hidden_size": 256, "num_hidden_layers": 12,
            "num_attention_heads": 4, "intermediate_size": 512, "hidden_act": "gelu_new", "layer_norm_eps": 1e-5,
            "max_position_embeddings": 128, "type_vocab_size": 1, "pad_token_id": 3, "hidden_dropout_prob": 0,
            "classifier_dropout": 0.25, "id2label": {"1": "b", "0": "a"}, "position_embedding_type": "absolute",
            "is_decoder": false, "quantization_config": null, "pruned_heads": {}, "torch_dtype": "float16"}"#,
    )
    .unwrap();
    assert_eq!((config.head_size(), config.hidden_act.name()), (64, "gelu_new"));
    assert_eq!((config.pad_token_id, config.classifier_dropout), (3, Some(0.25)));
    assert_eq!(config.id2label.values().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn keys_and_defaults_are_the_architectures() {
    let config = parse(
        r#"{"model_type": "distilbert", "dim": 96, "n_layers": 2, "n_heads": 3, "hidden_dim": 100, "activation": "relu",
            "dropout": 0.3, "seq_classif_dropout": 0.4, "layer_norm_eps": 0.5, "type_vocab_size": 2}"#,
    )
    .unwrap();
    assert_eq!((config.hidden_size, config.num_hidden_layers, config.num_attention_heads), (96, 2, 3));
    assert_eq!((config.intermediate_size, config.hidden_act.name()), (100, "relu"));
    assert_eq!((config.hidden_dropout_prob, config.classifier_dropout), (0.3, Some(0.4)));
    // Keys that transformers' DistilBERT does not look at.
    assert_eq!((config.layer_norm_eps, config.type_vocab_size), (1e-12, 0));
    assert_eq!(parse(r#"{"model_type": "distilbert"}"#).unwrap().classifier_dropout, Some(0.2));
    let message = parse(r#"{"model_type": "distilbert", "dim": 100}"#).unwrap_err().to_string();
    assert!(message.contains("`dim`"), "{message}");
    // BERT's names go before its own, as in transformers.
    let both = parse(r#"{"model_type": "distilbert", "dim": 96, "hidden_size": 48, "num_hidden_layers": 9}"#).unwrap();
    assert_eq!((both.hidden_size, both.num_hidden_layers), (48, 9));
    let message = parse(r#"{"model_type": "distilbert", "hidden_size": 100}"#).unwrap_err().to_string();
    assert!(message.contains("`hidden_size`"), "{message}");
}

#[test]
fn positions_behind_the_padding_are_fewer() {
    let config = parse(r#"{"model_type": "roberta", "max_position_embeddings": 514}"#).unwrap();
    assert_eq!((config.pad_token_id, config.max_length()), (1, 512));
    assert_eq!(BackboneConfig::default().max_length(), 512);
    let message = parse(r#"{"model_type": "roberta", "max_position_embeddings": 2}"#).unwrap_err().to_string();
    assert!(message.contains("max_position_embeddings") && message.contains("from 3"), "{message}");
}

#[test]
fn what_is_not_supported_is_named() {
    for (text, named) in [
        (
            r#"{"model_type": "xlm-roberta"}"#,
            "`xlm-roberta` is not supported; supported: bert, roberta, distilbert, electra",
        ),
        (r#"{"architectures": ["GPT2Model"]}"#, "`model_type` is missing"),
        (r#"{"model_type": "bert", "position_embedding_type": "relative_key"}"#, "relative_key"),
        (r#"{"model_type": "bert", "is_decoder": true}"#, "is_decoder"),
        (r#"{"model_type": "bert", "quantization_config": {}}"#, "quantised"),
        (r#"{"model_type": "bert", "hidden_act": "xielu"}"#, "xielu"),
        (r#"{"model_type": "bert", "pruned_heads": {"0": [1]}}"#, "pruned"),
    ] {
        let message = parse(text).unwrap_err().to_string();
        assert!(message.starts_with("config.json: ") && message.contains(named), "{message}");
    }
}

#[test]
fn senseless_values_are_refused() {
    for (key, value) in [
        ("hidden_size", "770"),
        ("hidden_size", "0"),
        ("hidden_size", "9999999999999999999999"),
        ("hidden_size", "-8"),
        ("hidden_size", "768.5"),
        ("num_attention_heads", "0"),
        ("num_hidden_layers", "257"),
        ("vocab_size", "10000001"),
        ("layer_norm_eps", "-1.0"),
        ("layer_norm_eps", "\"small\""),
        ("pad_token_id", "30522"),
        ("hidden_dropout_prob", "1.0"),
        ("id2label", "{\"x\": \"y\"}"),
    ] {
        let message = parse(&format!(r#"{{"model_type": "bert", "{key}": {value}}}"#)).unwrap_err().to_string();
        assert!(message.contains(key), "{message}");
    }
    for not_json in ["NaN", "1e999"] {
        let text = format!(r#"{{"model_type": "bert", "layer_norm_eps": {not_json}}}"#);
        assert!(matches!(parse(&text), Err(Error::Json { .. })));
    }
}

#[test]
fn a_directory_without_configuration_says_what_belongs_there() {
    let dir = tempfile::tempdir().unwrap();
    let message = BackboneConfig::from_dir(dir.path()).unwrap_err().to_string();
    assert!(message.contains("config.json"), "{message}");
}
