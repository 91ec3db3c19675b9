//! Recipes: what is learned from a few texts, without data to choose by.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::{backbone, fail, file, graftwork, json_lines, succeed};

/// Texts of three kinds, a few of each.
fn few(dir: &Path) -> PathBuf {
    let kinds = [
        (
            "delivery",
            [
                "where is my parcel",
                "it never came",
                "the courier was here",
                "track my order",
                "it is late",
                "no box yet",
                "who has it",
            ],
        ),
        (
            "payment",
            [
                "charged twice",
                "my card was declined",
                "send me an invoice",
                "refund the money",
                "wrong amount",
                "I paid",
                "a bill",
            ],
        ),
        (
            "praise",
            [
                "thank you so much",
                "great service",
                "I love it",
                "best shop ever",
                "all went well",
                "so kind",
                "five stars",
            ],
        ),
    ];
    let row =
        |(label, texts): &(&str, [&str; 7])| -> String { texts.iter().map(|t| format!("{label}\t{t}\n")).collect() };
    let path = dir.join("few.tsv");
    std::fs::write(&path, "label\ttext\n".to_owned() + &kinds.iter().map(row).collect::<String>()).unwrap();
    path
}

fn train(out: &Path, data: &Path) -> Command {
    let mut command = graftwork(["train", "--max-length", "32"]);
    command.arg("--backbone").arg(backbone()).arg("--out").arg(out).arg("--train").arg(data);
    command
}

fn files(out: &Path) -> BTreeMap<String, Vec<u8>> {
    crate::input::names(out).into_iter().map(|name| (name.clone(), std::fs::read(out.join(name)).unwrap())).collect()
}

fn config(out: &Path, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(out.join(name)).unwrap()).unwrap()
}

#[test]
fn few_examples_choose_their_recipe() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (few(dir.path()), dir.path().join("few"));
    let told = &json_lines(train(&out, &data).args(["--json", "--threshold", "0.6"]), "")[0];
    assert_eq!((&told["recipe"], &told["dev"]), (&"few-shot".into(), &Value::Null));
    let found = &told["cross_validation"];
    assert_eq!((&found["head"]["of"], &found["adapter"]["of"]), (&21.into(), &21.into()), "{told}");
    assert_eq!((&told["knowledge"]["examples"], &told["knowledge"]["threshold"]), (&21.into(), &0.6.into()));
    let (adapter, head) = (config(&out, "adapter_config.json"), config(&out, "head_config.json"));
    let training = &adapter["graftwork"]["training"];
    assert_eq!(
        (&training["recipe"], &training["max_steps"], &training["lr"]),
        (&"few-shot".into(), &80.into(), &1e-3.into())
    );
    assert_eq!(adapter["graftwork"]["metrics"]["cross_validation"], *found);
    assert_eq!(head["graftwork"]["pooling"], "mean");
    assert!(!out.join("checkpoint.safetensors").exists());
    // AdapterHub would take the head for another one.
    let again = crate::run(train(&dir.path().join("head"), &data).args(["--recipe", "probe"]), "");
    let messages = String::from_utf8(again.stderr).unwrap();
    assert!(messages.contains("which AdapterHub has no key for"), "{messages}");

    // What was kept is used as any other adapter.
    let mut predict = graftwork(["predict", "--backbone"]);
    predict.arg(backbone()).arg("--adapter").arg(&out);
    let answers = json_lines(&mut predict, "where is my parcel\nthank you so much\n");
    assert!(answers.iter().all(|answer| answer["sure"].is_boolean() && answer["distance"].is_number()), "{answers:?}");
    let mut eval = graftwork(["eval", "--json", "--backbone"]);
    eval.arg(backbone()).arg("--adapter").arg(&out).arg("--data").arg(&data);
    assert!(json_lines(&mut eval, "")[0]["accuracy"].as_f64().unwrap() > 0.8);
}

#[test]
fn settings_that_are_given_win() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (few(dir.path()), dir.path().join("out"));
    let own = ["--recipe", "few-shot", "--epochs", "2", "--batch-size", "5", "--lr", "2e-3", "--seed", "3", "--json"];
    let told = &json_lines(train(&out, &data).args(own), "")[0];
    // Three folds of five texts of the largest label and as many of the others, and all twenty-one, two epochs each.
    assert_eq!(told["steps"], 3 * 2 * 3 + 2 * 5);
    let training = &config(&out, "adapter_config.json")["graftwork"]["training"];
    assert_eq!(
        (&training["lr"], &training["batch_size"], &training["max_steps"]),
        (&2e-3.into(), &5.into(), &Value::Null)
    );
}

#[test]
fn a_probe_is_a_head_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (few(dir.path()), dir.path().join("out"));
    let told = &json_lines(train(&out, &data).args(["--recipe", "probe", "--json"]), "")[0];
    assert_eq!(
        (&told["recipe"], &told["steps"], &told["trainable_parameters"]),
        (&"probe".into(), &0.into(), &(3 * 128 + 3).into())
    );
    assert_eq!(told["knowledge"]["examples"], 21);
}

/// Without --dev a tenth is held out.
#[test]
fn the_standard_recipe_needs_no_dev_data() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let mut command = train(&out, &file("data/sms-spam/train.tsv.gz"));
    let told = crate::run(command.args(["--max-steps", "2", "--json"]), "");
    let messages = String::from_utf8(told.stderr).unwrap();
    assert!(told.status.success() && messages.contains("examples decide which weights are kept"), "{messages}");
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(told["recipe"], "standard", "more than 1,000, and than 50 a label");
    let share = told["dev"]["examples"].as_f64().unwrap() / 3599.0;
    assert!((0.09..0.11).contains(&share), "{share}");
}

#[test]
fn a_killed_run_goes_on_with_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let data = few(dir.path());
    let (whole, killed) = (dir.path().join("whole"), dir.path().join("killed"));
    let long = |out: &Path| {
        let mut command = train(out, &data);
        command.args(["--recipe", "few-shot", "--max-steps", "150", "--checkpoint-every", "20", "--quiet"]);
        command
    };
    succeed(&mut long(&whole), "");
    let mut kills = 0;
    #[cfg(unix)]
    for _ in 0..6 {
        let mut child = crate::interruptions::start(long(&killed).arg("--resume"), &killed);
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        if killed.join("adapter_config.json").exists() {
            break;
        }
    }
    let (status, messages) = fail(long(&killed).args(["--resume", "--seed", "7"]), "");
    assert!(status == 3 && messages.contains("another run"), "{messages}");
    succeed(long(&killed).arg("--resume"), "");
    assert!(files(&whole) == files(&killed), "{kills} kills changed the result");
    // A run that is finished says so.
    succeed(long(&killed).arg("--resume"), "");
    assert!(files(&whole) == files(&killed));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (few(dir.path()), dir.path().join("out"));
    let refused = |words: &[&str]| fail(train(&out, &data).args(words), "");
    let adapter = file("golden/tiny-cases/double_seq_bn-flex");
    let (status, message) = refused(&[
        "--recipe",
        "few-shot",
        "--labels",
        "negative,neutral,positive",
        "--init",
        adapter.to_str().unwrap(),
    ]);
    assert!(status != 0 && !message.is_empty(), "{message}");
    let (status, message) = refused(&["--recipe", "few-shots"]);
    assert!(status == 2 && message.contains("few-shot"), "{message}");

    let tagged = dir.path().join("tagged.jsonl");
    std::fs::write(&tagged, "{\"tokens\": [\"a\", \"b\"], \"tags\": [\"O\", \"B-x\"]}\n".repeat(4)).unwrap();
    let mut tagging = train(&out, &tagged);
    let (status, message) = fail(tagging.args(["--task", "token-classification", "--recipe", "probe"]), "");
    assert!(status == 2 && message.contains("one label each"), "{message}");
}
