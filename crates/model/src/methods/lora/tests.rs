//! Keys, names, tensors and merging.

use graftwork_formats::architectures::BERT;
use serde_json::json;

use super::*;

fn parse_config(value: Value) -> Result<Lora> {
    let Value::Object(map) = value else { panic!("an object") };
    match AdapterConfig::from_json("adapter_config.json", map, true)? {
        AdapterConfig::Lora(config) => Ok(config),
        other => panic!("{other:?}"),
    }
}

fn everywhere() -> Lora {
    let attn_matrices = vec![Matrix::Query, Matrix::Key, Matrix::Value];
    Lora { attn_matrices, attn_output_lora: true, intermediate_lora: true, output_lora: true, ..Lora::default() }
}

const SIZES: Sizes = Sizes { hidden: 6, feed_forward: 10, layers: 2 };

#[test]
fn missing_keys_take_the_librarys_defaults() {
    assert_eq!(parse_config(json!({"architecture": "lora"})).unwrap(), Lora::default());
    assert_eq!(AdapterConfig::preset("lora"), Some(AdapterConfig::Lora(Lora::default())));
}

#[test]
fn every_key_survives_and_unknown_ones_are_kept() {
    let text = json!({"architecture": "lora", "selfattn_lora": true, "attn_matrices": ["v", "k", "o"],
        "intermediate_lora": true, "output_lora": true, "attn_output_lora": true, "leave_out": [1], "r": 3, "alpha": 0.5,
        "dropout": 0.25, "init_weights": "bert", "init_weights_seed": -4, "a_key_of_tomorrow": [1]});
    let config = parse_config(text).unwrap();
    assert!(Matrix::ALL.into_iter().all(|matrix| config.changes(0, matrix) == (matrix != Matrix::Query)));
    assert!(!config.changes(1, Matrix::Key));
    assert_eq!((config.rank, config.alpha, config.scale()), (3, 0.5, 0.5 / 3.0));
    let written = config.to_json();
    assert_eq!(written["attn_matrices"], json!(["v", "k"]));
    assert_eq!(written["a_key_of_tomorrow"], json!([1]));
    assert_eq!(parse_config(written.into()).unwrap(), config);
    let feed_forward = json!({"architecture": "lora", "selfattn_lora": false, "output_lora": true});
    let config = parse_config(feed_forward).unwrap();
    assert!(Matrix::ALL.into_iter().all(|matrix| config.changes(0, matrix) == (matrix == Matrix::FeedForwardDown)));
    assert_eq!(parse_config(config.to_json().into()).unwrap(), config);
}

#[test]
fn senseless_values_and_relatives_are_refused() {
    for (key, value) in [
        ("r", json!(0)),
        ("r", json!(-1)),
        ("r", json!(1e9)),
        ("alpha", json!("8")),
        ("dropout", json!(1)),
        ("attn_matrices", json!("q")),
        ("attn_matrices", json!(["x"])),
        ("attn_matrices", json!([1])),
        ("selfattn_lora", json!(false)),
        ("leave_out", json!([256])),
        ("init_weights", json!("ia3")),
        ("init_weights", json!("vera")),
        ("composition_mode", json!("scale")),
        ("use_gating", json!(true)),
        ("use_dora", json!(true)),
        ("vera_d", json!(0.1)),
        ("vera_b", json!(0.0)),
        ("dtype", json!("float16")),
        ("architecture", json!("mtl_lora")),
        ("architecture", json!(["lora"])),
    ] {
        let mut config = json!({"architecture": "lora"});
        config[key] = value.clone();
        let message = parse_config(config).unwrap_err().to_string();
        assert!(message.contains(key) || message.contains("method"), "{key} = {value}: {message}");
    }
}

#[test]
fn names_go_both_ways() {
    let modules = Modules::of(&BERT);
    let config = Lora { leave_out: vec![0], ..everywhere() };
    let specs = config.tensors(&SIZES).unwrap();
    assert_eq!(specs.len(), 12);
    for spec in &specs {
        let stored = config.stored_names(&spec.name, &modules, "md");
        assert_eq!(stored.len(), 1);
        assert_eq!(config.canonical_name(&stored[0], &modules, "md").as_ref(), Some(&spec.name));
        assert_eq!(config.canonical_name(&stored[0], &modules, "m"), None);
    }
    let stored = config.stored_names("layer.1.feed_forward_up.b", &modules, "md");
    assert_eq!(stored, ["bert.encoder.layer.1.intermediate.dense.loras.md.lora_B"]);
    for stranger in ["bert.encoder.layer.0.output.dense.loras.md.lora_C", "bert.encoder.layer.0.output.loras.md.lora_A"]
    {
        assert_eq!(config.canonical_name(stranger, &modules, "md"), None);
    }
}

#[test]
fn sizes_come_from_the_backbone_or_from_the_tensors() {
    let config = Lora { rank: 2, ..everywhere() };
    let specs = config.tensors(&SIZES).unwrap();
    let shape = |name: &str| specs.iter().find(|spec| spec.name == name).unwrap().shape.clone();
    assert_eq!((shape("layer.0.query.a"), shape("layer.0.query.b")), (vec![2, 6], vec![6, 2]));
    assert_eq!((shape("layer.1.feed_forward_up.a"), shape("layer.1.feed_forward_up.b")), (vec![2, 6], vec![10, 2]));
    assert_eq!((shape("layer.1.feed_forward_down.a"), shape("layer.1.feed_forward_down.b")), (vec![2, 10], vec![6, 2]));
    for only in ["layer.0.feed_forward_up.b", "layer.1.feed_forward_down.a"] {
        let tensor = HostTensor::new(shape(only), vec![0.0; 20]);
        assert_eq!(config.feed_forward(&[(only.to_owned(), tensor)].into()), Some(10));
    }
    let attention = [("layer.0.query.a".to_owned(), HostTensor::new([2, 6], vec![0.0; 12]))];
    assert_eq!(config.feed_forward(&attention.into()), None);
}

#[test]
fn a_change_is_the_scaled_product() {
    let config = Lora { rank: 2, alpha: 3.0, ..Lora::default() };
    let tensors = [
        ("layer.0.query.a".to_owned(), HostTensor::new([2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])),
        ("layer.0.query.b".to_owned(), HostTensor::new([2, 2], vec![1.0, 0.0, -1.0, 2.0])),
    ];
    let change = config.change(&tensors.into(), 0, Matrix::Query).unwrap();
    assert_eq!(change, HostTensor::new([2, 3], vec![1.5, 3.0, 4.5, 10.5, 12.0, 13.5]));
    assert_eq!(config.change(&BTreeMap::new(), 0, Matrix::Query), None);
}
