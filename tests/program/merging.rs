//! LoRA on the command line: trained, used, and merged into a backbone that answers the same.

use std::path::Path;

use serde_json::Value;

use crate::{backbone, fail, file, graftwork, json_lines, succeed, train, train_on};

const TEXTS: &str = "WIN a free phone now! Text WIN to 80085\nsee you at dinner\nok\n";

pub(crate) fn answers(backbone: &Path, adapter: &Path) -> Vec<Value> {
    let mut command = graftwork(["predict"]);
    json_lines(command.arg("--backbone").arg(backbone).arg("--adapter").arg(adapter), TEXTS)
}

/// Three answers, equal to rounding.
pub(crate) fn assert_same(before: &[Value], after: &[Value]) {
    for (before, after) in before.iter().zip(after) {
        assert_eq!(before["label"], after["label"]);
        for (a, b) in before["logits"].as_array().unwrap().iter().zip(after["logits"].as_array().unwrap()) {
            assert!((a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-4, "{before} {after}");
        }
    }
    assert_eq!((before.len(), after.len()), (3, 3));
}

/// Merged weights are F32, and the configuration says so; before it said float16.
#[test]
fn an_f16_backbone_is_merged_in_f32() {
    let dir = tempfile::tempdir().unwrap();
    let (f16, adapter, merged) = (file("golden/tiny-bert-f16"), dir.path().join("lora"), dir.path().join("merged"));
    let mut command = train_on(&f16, &adapter, 1, &file("data/sms-spam/dev.tsv.gz"));
    succeed(command.args(["--method", "lora", "--rank", "4", "--max-steps", "12"]), "");
    succeed(graftwork(["merge", "--backbone"]).arg(&f16).arg("--adapter").arg(&adapter).arg("--out").arg(&merged), "");
    assert_same(&answers(&f16, &adapter), &answers(&merged, &merged.join("head")));
    let config: Value = serde_json::from_slice(&std::fs::read(merged.join("config.json")).unwrap()).unwrap();
    assert_eq!(config["dtype"], "float32");
    let bytes = |dir: &Path| json_lines(graftwork(["inspect", "--json"]).arg(dir), "")[0]["bytes"].as_u64().unwrap();
    assert!(bytes(&merged) > 2 * bytes(&f16) - 10_000);
}

#[test]
fn a_merged_backbone_answers_as_the_adapter_did() {
    let dir = tempfile::tempdir().unwrap();
    let (adapter, merged) = (dir.path().join("lora"), dir.path().join("merged"));
    let mut command = train(&adapter, 1);
    command.args(["--method", "lora", "--rank", "4", "--alpha", "16", "--attn-matrices", "q,k,v", "--output-lora"]);
    succeed(command.args(["--max-steps", "12"]), "");
    let described = &json_lines(graftwork(["inspect", "--json"]).arg(&adapter), "")[0];
    let config = &described["config"];
    assert_eq!((&config["architecture"], &config["r"], &config["alpha"]), (&"lora".into(), &4.into(), &16.into()));
    // 2 layers: A and B at query, key, value (64 x 64) and on the way out of the feed-forward half (128 -> 64).
    assert_eq!(described["parameters"]["adapter"], 2 * 4 * (3 * (64 + 64) + 64 + 128));
    assert_eq!(described["training"]["method"], "lora");

    let merge = |out: &Path| {
        let mut command = graftwork(["merge", "--json"]);
        command.arg("--backbone").arg(backbone()).arg("--adapter").arg(&adapter).arg("--out").arg(out);
        command
    };
    let told = &json_lines(&mut merge(&merged), "")[0];
    let found = &json_lines(graftwork(["inspect", "--json"]).arg(&merged), "")[0];
    assert_eq!(told["fingerprint"], found["fingerprint"]);
    assert_same(&answers(&backbone(), &adapter), &answers(&merged, &merged.join("head")));

    // The head is the merged backbone's, and nothing is written over.
    let mut wrong = graftwork(["predict", "--backbone"]);
    let (status, message) = fail(wrong.arg(backbone()).arg("--adapter").arg(merged.join("head")), "hello");
    assert!(status == 3 && message.contains("fingerprint"), "{message}");
    let (status, message) = fail(&mut merge(&merged), "");
    assert!(status == 3 && message.contains("already"), "{message}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[test]
fn what_adds_layers_does_not_merge() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = graftwork(["merge", "--backbone"]);
    command.arg(backbone()).arg("--adapter").arg(file("golden/tiny-cases/seq_bn-flex"));
    let (status, message) = fail(command.arg("--out").arg(dir.path().join("out")), "");
    assert!(status == 3 && message.contains("golden") && message.contains("LoRA"), "{message}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}
