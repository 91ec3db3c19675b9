//! What makes an adapter consistent, and what makes it fit a backbone.

use super::*;
use crate::HeadKind;
use crate::test_support::{adapter, backbone, configs, labels};

fn seq() -> AdapterFile {
    adapter(configs()[0].1.clone(), Some(HeadConfig::classifier("test", labels())))
}

fn refusal(adapter: &AdapterFile) -> String {
    adapter.validate("a").unwrap_err().to_string()
}

#[test]
fn every_configuration_is_consistent_with_its_own_tensors() {
    for (name, config) in configs() {
        for head in [
            None,
            Some(HeadConfig::classifier("test", labels())),
            HeadConfig::plain(HeadKind::Classification, &BERT, labels()),
        ] {
            let adapter = adapter(config.clone(), head);
            adapter.validate(name).unwrap();
            adapter.check_backbone(&backbone(), None).unwrap();
        }
    }
}

#[test]
fn parameters_are_counted_apart() {
    let adapter = seq();
    // 3 layers of 8 -> 2 -> 8; head 8 -> 8 -> 3.
    assert_eq!(adapter.adapter_parameters(), 3 * (8 * 2 + 2 + 2 * 8 + 8));
    assert_eq!(adapter.head_parameters(), 8 * 8 + 8 + 8 * 3 + 3);
    assert_eq!(adapter.layers(), 3);
}

#[test]
fn missing_superfluous_and_misshapen_tensors_are_named() {
    let mut lacking = seq();
    lacking.tensors.remove("layer.1.output.up.bias");
    assert!(refusal(&lacking).contains("`layer.1.output.up.bias` of shape [8] is missing"));

    let mut misshapen = seq();
    misshapen.tensors.insert("head.1.weight".into(), HostTensor::filled([4, 8], 0.0));
    assert!(refusal(&misshapen).contains("`head.1.weight` has shape [4, 8], but the configuration asks for [3, 8]"));

    for name in ["layer.0.attention.up.bias", "layer.0.output.scaling", "head.2.weight", "x"] {
        let mut superfluous = seq();
        superfluous.tensors.insert(name.to_owned(), HostTensor::filled([8], 0.0));
        assert!(refusal(&superfluous).contains(&format!("`{name}` has no place")), "{name}");
    }
    let empty = AdapterFile { tensors: BTreeMap::new(), ..seq() };
    assert!(refusal(&empty).contains("`layer.0.output.down.weight`"));

    let mut far = seq();
    far.tensors.insert("layer.9999999.output.up.bias".into(), HostTensor::filled([8], 0.0));
    assert!(refusal(&far).contains("10000000 layers"));
    let farthest = format!("layer.{}.output.up.bias", usize::MAX);
    far.tensors.insert(farthest, HostTensor::filled([8], 0.0));
    assert!(refusal(&far).contains("layers; at most 256"));
}

#[test]
fn names_that_files_cannot_hold_are_refused() {
    for name in ["", "a.b", "a\nb", &"x".repeat(256)] {
        assert!(refusal(&AdapterFile { name: name.to_owned(), ..seq() }).contains("`name`"));
        assert!(refusal(&adapter(seq().config, Some(HeadConfig::classifier(name, labels())))).contains("`name`"));
    }
}

#[test]
fn another_backbone_is_refused() {
    let adapter = seq();
    let refusal = |backbone: &BackboneConfig| adapter.check_backbone(backbone, None).unwrap_err().to_string();
    assert!(refusal(&BackboneConfig { hidden_size: 16, ..backbone() }).contains("is 8, but the backbone's is 16"));
    assert!(refusal(&BackboneConfig { num_hidden_layers: 4, ..backbone() }).contains("`layer.3.output.down.weight`"));
    assert!(refusal(&BackboneConfig { num_hidden_layers: 2, ..backbone() }).contains("fewer layers"));
    let roberta = AdapterFile { model_type: "roberta".to_owned(), ..adapter.clone() };
    assert!(roberta.check_backbone(&backbone(), None).unwrap_err().to_string().contains("roberta"));
}

#[test]
fn another_fingerprint_is_refused_unless_the_check_is_skipped() {
    let (ours, other) = (Fingerprint::of_tensors([]), seq().weights_digest());
    let mut adapter = seq();
    adapter.check_backbone(&backbone(), Some(&other)).unwrap();
    adapter.metadata.backbone_fingerprint = Some(ours);
    adapter.check_backbone(&backbone(), Some(&ours)).unwrap();
    adapter.check_backbone(&backbone(), None).unwrap();
    let message = adapter.check_backbone(&backbone(), Some(&other)).unwrap_err().to_string();
    assert!(message.contains(&ours.to_string()) && message.contains(&other.to_string()), "{message}");
}

#[test]
fn left_out_layers_at_either_end_are_understood() {
    let without = |layers: &[usize]| configs()[0].1.clone().with("leave_out", layers).unwrap();
    let all_out = adapter(without(&[0, 1, 2]), None);
    assert!(all_out.tensors.is_empty());
    all_out.check_backbone(&backbone(), None).unwrap();
    all_out.validate("a").unwrap();
    let lacking = AdapterFile { config: without(&[0, 2]), ..all_out };
    assert!(refusal(&lacking).contains("layer.1."));
}

/// An adapter of nothing but NaN would answer with the first label, and end with success.
#[test]
fn values_that_are_no_numbers_are_refused() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for name in ["head.1.bias", "layer.2.output.down.weight"] {
            let mut adapter = seq();
            adapter.tensors.get_mut(name).unwrap().data[1] = value;
            let message = refusal(&adapter);
            assert!(message.contains(name) && message.contains("not numbers"), "{message}");
            adapter.check_backbone(&backbone(), None).unwrap_err();
        }
    }
}

#[test]
fn one_name_for_two_labels_is_refused() {
    let mut adapter = seq();
    adapter.head.as_mut().unwrap().labels = Some(["a", "b", "a"].map(str::to_owned).into());
    assert!(refusal(&adapter).contains("names the label \"a\" twice"));
}

#[test]
fn without_its_modules_a_head_is_left() {
    for (name, config) in configs() {
        let whole = adapter(config, Some(HeadConfig::classifier("test", labels())));
        let head = whole.without_modules(&backbone()).unwrap();
        head.validate(name).unwrap();
        head.check_backbone(&backbone(), None).unwrap();
        assert_eq!((head.adapter_parameters(), head.head_parameters()), (0, whole.head_parameters()));
    }
}

#[test]
fn scaling_changes_what_is_asked_for() {
    let mut adapter = seq();
    adapter.config = adapter.config.with("scaling", "channel").unwrap();
    assert!(refusal(&adapter).contains("`layer.0.output.scaling` of shape [8]"));
}

#[test]
fn loading_what_is_not_there_says_what_an_adapter_is() {
    let message = AdapterFile::load(Path::new("/no/such/adapter")).unwrap_err().to_string();
    assert!(message.contains("adapter_config.json"), "{message}");
}
