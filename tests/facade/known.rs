//! Weights that were loaded before: what they are is believed while a sample of them says so.

use std::fs;
use std::path::Path;

use graftwork::{Backbone, Device, KnownIdentity, block_on};
use graftwork_tests::{devices, golden};

use crate::{attached, texts, tiny_bert};

fn load(dir: &Path, device: &Device, known: Option<KnownIdentity>) -> Backbone {
    block_on(Backbone::load(dir, device).known(known)).unwrap()
}

#[test]
fn the_same_backbone_without_its_hash() {
    for device in devices() {
        let first = tiny_bert(&device);
        let known = first.identity();
        assert_eq!(known.fingerprint, first.fingerprint());
        let second = load(&golden::path("tiny-bert"), &device, Some(known));
        assert_eq!(second.identity(), known);
        let embed = |backbone: &Backbone| block_on(backbone.embed(&texts(1, 5))).unwrap();
        assert_eq!(embed(&first), embed(&second));
        attached(&second, "tiny-cases/seq_bn-flex");

        // All of the weights would have another fingerprint than this one: they were not hashed.
        let pretended = KnownIdentity { fingerprint: known.words, ..known };
        let believed = load(&golden::path("tiny-bert"), &device, Some(pretended));
        assert_eq!(believed.fingerprint(), known.words);
    }
}

/// How the matrices are stored on the device and in files changes neither identity nor sample.
#[test]
fn in_files_of_every_kind() {
    let device = Device::cpu();
    let known = tiny_bert(&device).identity();
    for name in ["tiny-bert-legacy", "tiny-bert-sharded", "tiny-bert-f16"] {
        let own = load(&golden::path(name), &device, None).identity();
        assert_eq!(own.sample == known.sample, own.fingerprint == known.fingerprint, "{name}");
        assert_eq!(load(&golden::path(name), &device, Some(known)).identity(), own, "{name}");
    }
}

#[test]
fn other_weights_are_hashed() {
    let device = Device::cpu();
    let known = tiny_bert(&device).identity();
    let dir = tempfile::tempdir().unwrap();
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        fs::copy(golden::path("tiny-bert").join(name), dir.path().join(name)).unwrap();
    }
    let weights = dir.path().join("model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    // The first value of the last tensor, the pooler's [64, 64].
    let at = bytes.len() - 4 * 64 * 64;
    bytes[at] ^= 1;
    fs::write(&weights, bytes).unwrap();
    let truth = load(dir.path(), &device, None).identity();
    assert_ne!(truth.fingerprint, known.fingerprint);
    assert_eq!(load(dir.path(), &device, Some(known)).identity(), truth);
}
