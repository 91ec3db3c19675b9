//! Configurations as AdapterHub writes them, old ones, and ones that must be refused.

use graftwork_tensor::Activation;

use super::*;
use crate::layers::activation as compute;
use crate::methods::{AdapterConfig, Method};

fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap()
}

fn read(file: &str, config: Map<String, Value>, has_version: bool) -> Result<Bottleneck> {
    match AdapterConfig::from_json(file, config, has_version)? {
        AdapterConfig::Bottleneck(config) => Ok(config),
        other => panic!("{other:?}"),
    }
}

fn parse(text: &str) -> Result<Bottleneck> {
    read("adapter_config.json", object(text), true)
}

/// The smallest valid configuration with `more` appended.
fn with(more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    format!(
        r#"{{"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu"{comma}{more}}}"#
    )
}

#[test]
fn missing_keys_take_the_librarys_defaults() {
    let relu = ActivationName::parse("relu").unwrap();
    let expected = Bottleneck { output_adapter: true, ..Bottleneck::bottleneck_defaults(16.0, relu) };
    assert_eq!(parse(&with("")).unwrap(), expected);
}

#[test]
fn presets_survive_writing_and_reading() {
    for preset in super::super::METHOD.presets {
        let config = Bottleneck::preset(preset.name).unwrap();
        assert_eq!(read("f", config.to_json(), true).unwrap(), config);
    }
}

#[test]
fn every_key_survives_and_unknown_ones_are_kept() {
    let text = r#"{"mh_adapter": true, "output_adapter": false, "reduction_factor": {"1": 8, "default": 2.5},
        "non_linearity": "LeakyReLU", "original_ln_before": true, "original_ln_after": false, "ln_before": true,
        "ln_after": true, "init_weights": "houlsby", "init_weights_seed": 42, "is_parallel": false,
        "scaling": "channel", "residual_before_ln": "post_add", "adapter_residual_before_ln": true,
        "leave_out": [3, 1, 3], "dropout": 0.25, "phm_dim": 4, "a_key_of_tomorrow": {"x": [1, null]}}"#;
    let config = parse(text).unwrap();
    assert_eq!(config.leave_out, [1, 3]);
    assert_eq!(config.non_linearity.name(), "leakyrelu");
    assert_eq!(config.extra["a_key_of_tomorrow"], json!({"x": [1, null]}));
    let written = config.to_json();
    assert_eq!(read("f", written.clone(), true).unwrap(), config);
    assert_eq!(written["reduction_factor"], json!({"1": 8, "default": 2.5}));
    assert_eq!(written["phm_dim"], json!(4));
}

#[test]
fn scaling_is_written_as_the_library_wants_it() {
    let config = parse(&with(r#""scaling": 4"#)).unwrap();
    assert_eq!(config.scaling, Scaling::Fixed(4.0));
    assert_eq!(config.to_json()["scaling"].to_string(), "4.0");
}

#[test]
fn files_without_version_mean_the_other_gelu() {
    let gelu = |name: &str, has_version| {
        let config = object(&with("").replace("relu", name));
        let name = read("f", config, has_version).unwrap().non_linearity;
        (compute(&name), name.name().to_owned())
    };
    assert_eq!(gelu("gelu", true).0, Activation::Gelu);
    assert_eq!(gelu("gelu", false).0, Activation::GeluTanh);
    assert_eq!(gelu("gelu", false).1, "gelu_new");
    assert_eq!(gelu("gelu_orig", false).0, Activation::Gelu);
}

#[test]
fn other_methods_are_named() {
    for (text, named) in [
        (r#"{"architecture": "prefix_tuning"}"#.to_owned(), "the adapter method \"prefix_tuning\""),
        (with(r#""phm_layer": true"#), "`phm_layer`"),
        (with(r#""use_gating": true"#), "`use_gating`"),
        (with(r#""inv_adapter": "nice""#), "`inv_adapter` = \"nice\""),
        (with(r#""invertible_adapter": {"block_type": "nice"}"#), "`invertible_adapter`"),
        (with(r#""cross_adapter": true"#), "`cross_adapter`"),
        (with(r#""stochastic_depth": 0.1"#), "`stochastic_depth`"),
        (with("").replace("relu", "prelu"), "\"prelu\""),
    ] {
        let message = parse(&text).unwrap_err().to_string();
        assert!(message.contains(named) && message.contains("supported"), "{message}");
    }
    parse(&with(r#""phm_layer": false, "inv_adapter": null, "stochastic_depth": 0.0, "architecture": null"#)).unwrap();
}

#[test]
fn senseless_values_are_refused() {
    for (key, value) in [
        ("reduction_factor", "0"),
        ("reduction_factor", "-1"),
        ("reduction_factor", "\"16\""),
        ("reduction_factor", "{\"x\": 1}"),
        ("reduction_factor", "{\"1000000000\": 1}"),
        ("reduction_factor", "{\"0\": 0}"),
        ("reduction_factor", "{\"default\": null}"),
        ("reduction_factor", "null"),
        ("scaling", "\"learnt\""),
        ("scaling", "[1.0]"),
        ("residual_before_ln", "\"pre_add\""),
        ("residual_before_ln", "1"),
        ("init_weights", "\"xavier\""),
        ("init_weights_seed", "1.5"),
        ("leave_out", "[-1]"),
        ("leave_out", "[256]"),
        ("leave_out", "3"),
        ("dropout", "1"),
        ("ln_before", "\"yes\""),
        ("mh_adapter", "null"),
        ("output_adapter", "false"),
    ] {
        let mut config = object(&with(""));
        config.insert(key.to_owned(), serde_json::from_str(value).unwrap());
        let message = read("f.json", config, true).unwrap_err().to_string();
        assert!(message.contains(key), "{key} = {value}: {message}");
    }
}
