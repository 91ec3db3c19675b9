//! What each command prints.

use std::path::Path;

use crate::{backbone, file, graftwork, json_lines, succeed, train};

#[test]
fn matrices_are_stored_as_asked() {
    let vectors = |backbone: &Path, dtype: &[&str]| {
        let mut command = graftwork(["embed", "--quiet", "--device", "cpu", "--backbone"]);
        json_lines(command.arg(backbone).args(dtype), "see you at home\n")
    };
    let half = file("golden/tiny-bert-f16");
    let own = vectors(&half, &[]);
    assert_eq!(own, vectors(&half, &["--dtype", "f32"]));
    assert_eq!(own, vectors(&half, &["--dtype", "f16"]));

    // What a merged adapter leaves are no numbers of f16.
    let dir = tempfile::tempdir().unwrap();
    let (adapter, merged) = (file("golden/lora-cases/everywhere"), dir.path().join("merged"));
    let mut merge = graftwork(["merge", "--backbone"]);
    succeed(merge.arg(file("golden/tiny-bert")).arg("--adapter").arg(adapter).arg("--out").arg(&merged), "");
    let plain = vectors(&merged, &[]);
    assert_eq!(plain, vectors(&merged, &["--dtype", "f32"]));
    assert_ne!(plain, vectors(&merged, &["--dtype", "f16"]));
}

#[test]
fn the_life_of_an_adapter() {
    let dir = tempfile::tempdir().unwrap();
    let (out, log) = (dir.path().join("spam"), dir.path().join("steps.jsonl"));
    let test = file("data/sms-spam/test.tsv.gz");
    let mut command = train(&out, 2);
    let found = &json_lines(command.arg("--json").arg("--test").arg(&test).arg("--log").arg(&log), "")[0];
    // 2 layers x 2 sites x (64 -> 4 -> 64 with biases), and a head of 64 -> 64 -> 2.
    assert_eq!(found["trainable_parameters"], 2 * 2 * (2 * 64 * 4 + 64 + 4) + 64 * 64 + 64 + 2 * 64 + 2);
    assert!(found["train_seconds"].as_f64().unwrap() > 0.0 && found["tokens_per_second"].as_f64().unwrap() > 0.0);
    for part in ["dev", "test"] {
        assert!(found[part]["accuracy"].as_f64().unwrap() > 0.93, "{found}");
        assert!(found[part]["macro_f1"].as_f64().unwrap() > 0.75, "{found}");
    }

    let steps: Vec<serde_json::Value> =
        std::fs::read_to_string(&log).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(steps.len(), 2 * 3599_usize.div_ceil(32));
    assert!(steps.iter().enumerate().all(|(i, step)| step["step"] == i + 1));
    let loss = |steps: &[serde_json::Value]| steps.iter().map(|step| step["loss"].as_f64().unwrap()).sum::<f64>();
    assert!(loss(&steps[..20]) > 2.0 * loss(&steps[steps.len() - 20..]));
    assert!(steps.iter().all(|step| step["lr"].is_f64()));

    let using = |command: &str| {
        let mut command = graftwork([command, "--quiet", "--backbone"]);
        command.arg(backbone()).arg("--adapter").arg(&out);
        command
    };
    let measured = &json_lines(using("eval").arg("--data").arg(&test).arg("--json"), "")[0];
    for metric in ["accuracy", "macro_f1", "loss", "confusion", "per_class"] {
        assert_eq!(measured[metric], found["test"][metric], "{metric}");
    }
    assert!(succeed(using("eval").arg("--data").arg(&test), "").starts_with("accuracy "));

    let answers = json_lines(&mut using("predict"), "see you at home\n\nWINNER! Call 09061701461 to claim your prize");
    let column = |key: &str| answers.iter().map(|answer| answer[key].clone()).collect::<Vec<_>>();
    assert_eq!(column("text"), ["see you at home", "", "WINNER! Call 09061701461 to claim your prize"]);
    assert_eq!((&column("label")[0], &column("label")[2]), (&"ham".into(), &"spam".into()));
    for answer in &answers {
        let scores = ["ham", "spam"].map(|label| answer["scores"][label].as_f64().unwrap());
        let logits = [0, 1].map(|label| answer["logits"][label].as_f64().unwrap());
        assert!((scores[0] + scores[1] - 1.0).abs() < 1e-6);
        let temperature = found["knowledge"]["temperature"].as_f64().unwrap();
        assert!((temperature * (scores[1] / scores[0]).ln() - (logits[1] - logits[0])).abs() < 1e-3);
    }

    let adapter = &json_lines(graftwork(["inspect", "--json"]).arg(&out), "")[0];
    assert_eq!((&adapter["kind"], &adapter["labels"]), (&"adapter".into(), &vec!["ham", "spam"].into()));
    assert_eq!(adapter["parameters"]["total"], found["trainable_parameters"]);
    assert_eq!(adapter["metrics"]["test"]["accuracy"], found["test"]["accuracy"]);
    let stock = &json_lines(graftwork(["inspect", "--json"]).arg(backbone()), "")[0];
    assert_eq!((&stock["kind"], &stock["parameters"]), (&"backbone".into(), &found["backbone_parameters"]));
    assert_eq!(stock["fingerprint"], adapter["backbone_fingerprint"]);
    assert!(succeed(graftwork(["inspect"]).arg(&out), "").contains("labels: ham, spam"));
}

#[test]
fn embeddings() {
    let embed = |options: &[&str]| {
        let mut command = graftwork(["embed", "--quiet", "--backbone"]);
        json_lines(command.arg(backbone()).args(options), "a short one\nanother, longer one\n")
    };
    let vector = |value: &serde_json::Value| -> Vec<f64> {
        value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    };
    let tokens = embed(&["--pooling", "none"]);
    for (text, pooled) in tokens.iter().zip(embed(&[])) {
        let rows: Vec<Vec<f64>> = text["embedding"].as_array().unwrap().iter().map(vector).collect();
        assert!(rows.len() > 4 && rows.iter().all(|row| row.len() == 64));
        for (i, x) in vector(&pooled["embedding"]).iter().enumerate() {
            let mean = rows.iter().map(|row| row[i]).sum::<f64>() / rows.len() as f64;
            assert!((x - mean).abs() < 1e-5);
        }
    }
    let first = vector(&embed(&["--pooling", "cls"])[1]["embedding"]);
    assert_eq!(first, vector(&tokens[1]["embedding"][0]));
    let unit = vector(&embed(&["--pooling", "pooler", "--normalize"])[0]["embedding"]);
    assert!((unit.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-5);
}

#[test]
fn devices_are_listed() {
    let found = &json_lines(&mut graftwork(["devices", "--json"]), "")[0];
    assert!(found["gpus"].is_array() && found["cpu"]["threads"].as_u64().unwrap() > 0 && found["auto"].is_string());
    assert!(succeed(&mut graftwork(["devices"]), "").contains("cpu"));
}

#[test]
fn training_again_writes_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let outs = ["one", "two"].map(|name| dir.path().join(name));
    for out in &outs {
        succeed(train(out, 1).args(["--max-steps", "12", "--dropout", "0.1", "--quiet"]), "");
    }
    let names = crate::input::names(&outs[0]);
    assert_eq!(names, ["adapter.safetensors", "adapter_config.json", "head_config.json", "model_head.safetensors"]);
    for name in names {
        assert_eq!(std::fs::read(outs[0].join(&name)).unwrap(), std::fs::read(outs[1].join(&name)).unwrap(), "{name}");
    }
}
