//! A BERT in three storages: f32 in one file; f16 with prefix, legacy names and foreign tensors; bf16 in shards. And the
//! fingerprints of all architectures.

use std::collections::BTreeMap;

use graftwork_formats::{BackboneConfig, Checkpoint, Fingerprint, HostTensor, WeightSource};

use crate::golden;

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

/// The same of every other architecture, by transformers' names without the model's prefix; and of numbers in f16.
#[test]
fn the_fingerprints_of_other_architectures() {
    let expected = [
        ("tiny-bert-f16", "4f6f6c55e7dfddff35deb8679ac619787c39a061a898b8f10ecd5dcdb87eb9cc"),
        ("tiny-roberta", "479db696f304e163eb4ecb9947d0823ae786e5c6f5962547a78b83b28af7f293"),
        ("tiny-distilbert", "f3f9572f518d509b40475fe5253fb21c8f1dcf78848e37049971d433291c2623"),
    ];
    for (name, expected) in expected {
        let (_, fingerprint) = open(name);
        assert_eq!(fingerprint.to_string(), expected, "{name}");
    }
}

/// Computed with hashlib and struct from `tiny-bert/model.safetensors` by the definition in `fingerprint.rs`: what is
/// written into adapters must not change with a version.
#[test]
fn the_fingerprint_is_the_one_that_adapters_carry() {
    let (_, fingerprint) = open("tiny-bert");
    assert_eq!(fingerprint.to_string(), "76181fd46e6a359dabb1cb838f4db1130c1f599ba3841e71c94edc622e7753e9");
}
