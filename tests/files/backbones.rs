//! A BERT in three storages: f32 in one file; f16 with prefix, legacy names and foreign tensors; bf16 in shards. And the
//! fingerprints of all architectures.

use std::collections::BTreeMap;

use graftwork_formats::{BackboneConfig, Checkpoint, Fingerprint, HostTensor, WeightSource};

use graftwork_tests::golden::{case_folders, tiny_backbones};

use crate::{golden, json};

fn open(name: &str) -> (BTreeMap<String, HostTensor>, Fingerprint) {
    let dir = golden(name);
    let config = BackboneConfig::from_dir(&dir).unwrap();
    let mut checkpoint = Checkpoint::open(&dir, &config).unwrap();
    let tensors = checkpoint.names().into_iter().map(|name| (name.clone(), checkpoint.read(&name).unwrap())).collect();
    let fingerprint = Fingerprint::of(&mut checkpoint).unwrap();
    (tensors, fingerprint)
}

#[test]
fn storage_changes_neither_values_nor_fingerprint() {
    let (tensors, fingerprint) = open("tiny-bert");
    assert_eq!(tensors.len(), 39);
    for other in ["tiny-bert-legacy", "tiny-bert-sharded"] {
        let (same_tensors, same_fingerprint) = open(other);
        assert_eq!(same_tensors, tensors, "{other}");
        assert_eq!(same_fingerprint, fingerprint, "{other}");
    }
}

/// By transformers' names without the model's prefix: the golden's maker computes them.
#[test]
fn the_fingerprints_of_other_architectures() {
    for name in tiny_backbones().into_iter().filter(|name| name != "tiny-bert") {
        let case = format!("{}/plain/case.json", case_folders(&name)[0]);
        assert_eq!(open(&name).1.to_string(), json(&golden(&case))["fingerprint"], "{name}");
    }
}

/// Computed with hashlib and struct from `tiny-bert/model.safetensors` by the definition in `fingerprint.rs`: what is
/// written into adapters must not change with a version.
#[test]
fn the_fingerprint_is_the_one_that_adapters_carry() {
    let (_, fingerprint) = open("tiny-bert");
    assert_eq!(fingerprint.to_string(), "76181fd46e6a359dabb1cb838f4db1130c1f599ba3841e71c94edc622e7753e9");
}
