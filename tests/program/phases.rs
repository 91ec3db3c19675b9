//! The second phase's choices: a head alone on a frozen adapter, adapters in some layers only, a teacher.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::{backbone, fail, file, graftwork, json_lines, run, succeed, train};

/// Thirty texts that tell their label, as a data file.
fn data(dir: &Path, name: &str, labels: &[&str]) -> std::path::PathBuf {
    let words = ["win a prize", "see you at noon", "your parcel is late"];
    let row = |i: usize| format!("{} number {i}\t{}\n", words[i % labels.len()], labels[i % labels.len()]);
    let path = dir.join(name);
    fs::write(&path, "text\tlabel\n".to_owned() + &(0..30).map(row).collect::<String>()).unwrap();
    path
}

fn train_on(data: &Path, out: &Path) -> Command {
    let mut command = graftwork(["train", "--recipe", "standard", "--lr", "1e-2", "--quiet", "--backbone"]);
    command.arg(backbone()).arg("--train").arg(data).arg("--dev").arg(data).arg("--out").arg(out);
    command
}

fn config(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("adapter_config.json")).unwrap()).unwrap()
}

fn adapter_bytes(out: &Path) -> BTreeMap<&'static str, Vec<u8>> {
    ["adapter.safetensors", "model_head.safetensors"].map(|name| (name, fs::read(out.join(name)).unwrap())).into()
}

#[test]
fn a_new_head_on_a_frozen_adapter() {
    let dir = tempfile::tempdir().unwrap();
    let (two, three) = (data(dir.path(), "two.tsv", &["spam", "ham"]), data(dir.path(), "three.tsv", &["a", "b", "c"]));
    let [first, second, uncached] = ["first", "second", "uncached"].map(|name| dir.path().join(name));
    succeed(&mut train_on(&two, &first), "");
    let on_first = |data: &Path, out: &Path| {
        let mut command = train_on(data, out);
        command.arg("--freeze-adapter").arg("--init").arg(&first);
        command
    };
    let (status, messages) = fail(&mut on_first(&three, &second), "");
    assert!(status == 3 && messages.contains("\"ham\"") || messages.contains("label"), "{messages}");
    assert!(!second.exists());
    succeed(on_first(&three, &second).args(["--new-head", "--dropout", "0.1"]), "");
    succeed(on_first(&three, &uncached).args(["--new-head", "--dropout", "0.1", "--keep-mib", "0"]), "");
    let (before, after) = (adapter_bytes(&first), adapter_bytes(&second));
    assert_eq!(before["adapter.safetensors"], after["adapter.safetensors"]);
    assert_ne!(before["model_head.safetensors"], after["model_head.safetensors"]);
    assert_eq!(after, adapter_bytes(&uncached), "what is kept changes nothing");
    assert_eq!(config(&second)["graftwork"]["training"]["freeze_adapter"], true);
    // Its own head goes on where it was.
    let third = dir.path().join("third");
    succeed(&mut on_first(&two, &third), "");
    assert_eq!(before["adapter.safetensors"], adapter_bytes(&third)["adapter.safetensors"]);

    let (status, messages) = fail(train_on(&two, &dir.path().join("new")).arg("--freeze-adapter"), "");
    assert!(status == 2 && messages.contains("--init"), "{messages}");
}

#[test]
fn layers_without_adapters() {
    let dir = tempfile::tempdir().unwrap();
    let (kept, anew) = (dir.path().join("kept"), dir.path().join("anew"));
    let mut runs = Vec::new();
    for (out, mib) in [(&kept, "64"), (&anew, "0")] {
        let mut command = train(out, 2);
        command.args([
            "--max-steps",
            "9",
            "--batch-size",
            "8",
            "--leave-out",
            "0",
            "--keep-mib",
            mib,
            "--json",
            "--quiet",
        ]);
        runs.push(json_lines(&mut command, "").remove(0)["dev"].clone());
    }
    assert_eq!(runs[0], runs[1]);
    assert_eq!(adapter_bytes(&kept), adapter_bytes(&anew));
    assert_eq!(config(&kept)["config"]["leave_out"], serde_json::json!([0]));
    let (status, messages) = fail(train(&dir.path().join("x"), 1).args(["--leave-out", "zero"]), "");
    assert!(status == 2 && messages.contains("a list of layers from 0 to 255"), "{messages}");
}

/// The answers of an adapter to the texts of a file.
fn predict(adapter: &Path, data: &Path, to: &Path) {
    let mut command = graftwork(["predict", "--quiet", "--backbone"]);
    command.arg(backbone()).arg("--adapter").arg(adapter).arg("--input").arg(data);
    fs::write(to, succeed(&mut command, "")).unwrap();
}

#[test]
fn a_teacher() {
    let dir = tempfile::tempdir().unwrap();
    let data = data(dir.path(), "data.tsv", &["spam", "ham"]);
    let [teacher, student, alone, whole] = ["teacher", "student", "alone", "whole"].map(|name| dir.path().join(name));
    succeed(train_on(&data, &teacher).args(["--labels", "spam,ham", "--epochs", "5"]), "");
    let answers = dir.path().join("answers.jsonl");
    predict(&teacher, &data, &answers);
    let taught = |out: &Path| {
        let mut command = train_on(&data, out);
        command.arg("--teacher-logits").arg(&answers);
        command
    };
    succeed(&mut taught(&student), "");
    succeed(taught(&alone).args(["--distillation-weight", "0"]), "");
    succeed(&mut train_on(&data, &whole), "");
    // The labels alone: what is learned without a teacher.
    assert_eq!(adapter_bytes(&alone), adapter_bytes(&whole));
    assert_ne!(adapter_bytes(&student), adapter_bytes(&whole));
    assert!(config(&student)["graftwork"]["training"]["teacher"].is_string());

    // Its answers are part of what makes a run that run.
    let again = |arguments: &[&str]| {
        let output = run(taught(&student).args(["--resume"]).args(arguments), "");
        assert!(output.status.success());
        adapter_bytes(&student)
    };
    let before = adapter_bytes(&student);
    assert_eq!(again(&[]), before);
    assert_ne!(again(&["--temperature", "4"]), before);
    // A tenth that is held out has its own answers: without --dev it runs, too.
    let mut command = graftwork(["train", "--quiet", "--epochs", "1", "--backbone"]);
    command.arg(backbone()).arg("--train").arg(&data).arg("--out").arg(dir.path().join("held"));
    succeed(command.arg("--teacher-logits").arg(&answers), "");
}

#[test]
fn teachers_that_do_not_fit() {
    let dir = tempfile::tempdir().unwrap();
    let data = data(dir.path(), "data.tsv", &["spam", "ham"]);
    let line = |i: usize, labels: [&str; 2]| {
        let words = ["win a prize", "see you at noon"][i % 2];
        format!(
            "{{\"text\": \"{words} number {i}\", \"scores\": {{\"{}\": 1, \"{}\": 0}}, \"logits\": [1, 0]}}\n",
            labels[0], labels[1]
        )
    };
    let all = |labels| (0..30).map(|i| line(i, labels)).collect::<String>();
    let good = all(["ham", "spam"]);
    let cases = [
        (
            good.replacen("noon number 1\"", "noon number 7\"", 1),
            "answers.jsonl:2: ",
            "is not the text of row 2 of --train",
        ),
        (good.lines().take(29).map(|line| line.to_owned() + "\n").collect(), "", "ends after 29 rows"),
        (good.clone() + &line(3, ["ham", "spam"]), "answers.jsonl:31: ", "no row 31"),
        (all(["ham", "eggs"]), "", "the label \"eggs\""),
        (good.replacen("[1, 0]", "[1]", 1), "answers.jsonl:1: ", "2 finite numbers"),
        (good.replacen("\"scores\"", "\"score\"", 2), "answers.jsonl:1: ", "missing field `scores`"),
        (String::new(), "", "no rows"),
    ];
    let (answers, out) = (dir.path().join("answers.jsonl"), dir.path().join("out"));
    for (text, place, message) in cases {
        fs::write(&answers, text).unwrap();
        let (status, messages) = fail(train_on(&data, &out).arg("--teacher-logits").arg(&answers), "");
        assert!(status == 3 && messages.contains(place) && messages.contains(message), "{messages}");
        assert!(!out.exists(), "{message}");
    }
    fs::write(&answers, good).unwrap();
    for arguments in [["--temperature", "0"], ["--distillation-weight", "1.5"], ["--recipe", "few-shot"]] {
        let mut command = graftwork(["train", "--backbone"]);
        command.arg(backbone()).arg("--train").arg(&data).arg("--out").arg(&out).args(arguments);
        let (status, messages) = fail(command.arg("--teacher-logits").arg(&answers), "");
        assert_eq!(status, 2, "{messages}");
    }
    let (status, messages) = fail(train_on(&data, &out).args(["--temperature", "3"]), "");
    assert!(status == 2 && messages.contains("--teacher-logits"), "{messages}");
    let (status, messages) =
        fail(train_on(&file("data/sms-spam/dev.tsv.gz"), &out).arg("--teacher-logits").arg("nowhere"), "");
    assert!(status == 3 && messages.contains("cannot read nowhere"), "{messages}");
}
