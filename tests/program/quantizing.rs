//! A backbone in 8-bit integers: on disk, and while it is loaded.

use std::path::Path;

use serde_json::Value;

use crate::merging::answers;
use crate::{backbone, fail, file, graftwork, json_lines, succeed, train, train_on};

fn quantize(backbone: &Path, out: &Path) -> std::process::Command {
    let mut command = graftwork(["quantize", "--json", "--backbone"]);
    command.arg(backbone).arg("--out").arg(out);
    command
}

fn inspected(dir: &Path) -> Value {
    json_lines(graftwork(["inspect", "--json"]).arg(dir), "")[0].clone()
}

/// It goes by the name of what it was made of, so that it takes the same adapters, and says nearly the same.
#[test]
fn a_copy_takes_the_same_adapters() {
    let dir = tempfile::tempdir().unwrap();
    let [adapter, copy, again] = ["adapter", "copy", "again"].map(|name| dir.path().join(name));
    succeed(train(&adapter, 1).args(["--max-steps", "12"]), "");
    let told = &json_lines(&mut quantize(&backbone(), &copy), "")[0];
    let (whole, found) = (inspected(&backbone()), inspected(&copy));
    assert_eq!(told["fingerprint"], whole["fingerprint"]);
    assert_eq!(found["fingerprint"], whole["fingerprint"]);
    assert_eq!(found["parameters"], whole["parameters"]);
    let weights = |dir: &Path| std::fs::metadata(dir.join("model.safetensors")).unwrap().len();
    // Rows of 64: a scale is a sixteenth.
    assert!(weights(&copy) * 3 < weights(&backbone()), "{} of {}", weights(&copy), weights(&backbone()));

    let near = |before: &[Value], after: &[Value], most: f64| {
        assert_eq!((before.len(), after.len()), (3, 3));
        for (before, after) in before.iter().zip(after) {
            for (a, b) in before["logits"].as_array().unwrap().iter().zip(after["logits"].as_array().unwrap()) {
                assert!((a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < most, "{before} {after}");
            }
        }
    };
    let of_copy = answers(&copy, &adapter);
    near(&answers(&backbone(), &adapter), &of_copy, 0.1);
    // A copy of a copy is the same copy.
    succeed(&mut quantize(&copy, &again), "");
    assert_eq!(inspected(&again)["fingerprint"], whole["fingerprint"]);
    near(&of_copy, &answers(&again, &adapter), 1e-3);

    // Nothing is written over, nor left behind.
    let (status, message) = fail(&mut quantize(&backbone(), &copy), "");
    assert!(status == 3 && message.contains("already"), "{message}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3);
}

/// What is trained on it is an adapter as any other.
#[test]
fn adapters_learn_above_it() {
    let dir = tempfile::tempdir().unwrap();
    let [copy, on_copy, while_loading] = ["copy", "on_copy", "while_loading"].map(|name| dir.path().join(name));
    succeed(&mut quantize(&backbone(), &copy), "");
    let data = file("data/sms-spam/dev.tsv.gz");
    succeed(train_on(&copy, &on_copy, 1, &data).args(["--max-steps", "12"]), "");
    succeed(train_on(&backbone(), &while_loading, 1, &data).args(["--max-steps", "12", "--dtype", "q8"]), "");
    for adapter in [on_copy, while_loading] {
        assert_eq!(answers(&backbone(), &adapter).len(), 3);
        assert_eq!(answers(&copy, &adapter).len(), 3);
    }
}
