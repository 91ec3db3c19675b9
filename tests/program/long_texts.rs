//! Texts longer than the limit, from the first message to the last.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::{backbone, fail, graftwork, json_lines, run};

/// Rows whose label stands in their last words: 18 of 46 tokens, 12 of 10.
fn write(dir: &Path) -> PathBuf {
    let row = |i: usize| {
        let (word, label) = if i.is_multiple_of(2) { ("he", "a") } else { ("in", "b") };
        let before = if i.is_multiple_of(5) || i % 5 == 3 { 0 } else { 9 };
        format!("{label}\t{}{}\n", "of the and to ".repeat(before), [word; 8].join(" "))
    };
    let path = dir.join("data.tsv");
    std::fs::write(&path, "label\ttext\n".to_owned() + &(0..30).map(row).collect::<String>()).unwrap();
    path
}

fn train(dir: &Path, data: &Path, more: &[&str]) -> std::process::Command {
    let mut command = graftwork(["train", "--lr", "1e-2", "--epochs", "8", "--batch-size", "6", "--max-length", "12"]);
    command.arg("--backbone").arg(backbone()).arg("--out").arg(dir.join("out"));
    command.arg("--train").arg(data).arg("--dev").arg(data).args(more);
    command
}

fn messages(command: &mut std::process::Command, input: &str) -> String {
    let output = run(command, input);
    let messages = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{messages}");
    messages
}

#[test]
fn what_is_not_read_is_said_and_may_be_chosen() {
    let dir = tempfile::tempdir().unwrap();
    let data = write(dir.path());
    let said = messages(&mut train(dir.path(), &data, &[]), "");
    for what in ["training", "dev"] {
        let line = format!(
            "note: 18 of 30 {what} texts are longer than 12 tokens (longest 46): only their first 12 are read; \
             --max-length 46 or --long-texts windows reads more\n"
        );
        assert!(said.contains(&line), "{said}");
    }
    // The same run by its other name.
    let said = messages(&mut train(dir.path(), &data, &["--long-texts", "first", "--resume"]), "");
    assert!(said.contains("this run is finished"), "{said}");

    let mut windows = train(dir.path(), &data, &["--long-texts", "windows", "--json"]);
    let found = &json_lines(&mut windows, "")[0];
    assert_eq!(found["dev"]["accuracy"], 1.0, "{found}");
    let said = messages(train(dir.path(), &data, &["--long-texts", "windows", "--resume"]).arg("--json"), "");
    let line = "note: 18 of 30 dev texts are longer than 12 tokens (longest 46): they are read in windows of 12\n";
    assert!(said.contains(line) && said.contains("this run is finished"), "{said}");

    let using = |command: &str| {
        let mut command = graftwork([command, "--backbone"]);
        command.arg(backbone()).arg("--adapter").arg(dir.path().join("out"));
        command
    };
    let adapter = &json_lines(graftwork(["inspect", "--json"]).arg(dir.path().join("out")), "")[0];
    let recorded = (&adapter["long_texts"], &adapter["training"]["long_texts"], &adapter["max_length"]);
    assert_eq!(recorded, (&json!("windows"), &json!("windows"), &json!(12)));
    let eval =
        |more: &[&str]| json_lines(using("eval").arg("--data").arg(&data).arg("--json").args(more), "")[0].clone();
    assert_eq!((&eval(&[])["accuracy"], &eval(&["--long-texts", "ends"])["accuracy"]), (&json!(1.0), &json!(1.0)));
    assert!(eval(&["--long-texts", "first"])["accuracy"].as_f64().unwrap() < 0.8);
    assert_eq!(
        eval(&["--long-texts", "first"])["texts"],
        json!({"texts": 30, "longer": 18, "longest": 46, "truncated": 18, "uncovered": 0})
    );

    let long = format!("{}\nhe he he\n", "of the and to ".repeat(60) + "he he he he he he he he");
    let lines = |more: &[&str]| json_lines(using("predict").args(more), &long);
    let first = lines(&["--long-texts", "first"]);
    assert_eq!(first[0]["warnings"], json!([{"type": "truncated", "tokens": 250, "read": 12}]));
    assert!(first[1].get("warnings").is_none(), "{}", first[1]);
    assert_eq!(lines(&[])[0]["warnings"], json!([{"type": "truncated", "tokens": 250, "read": 162}]));
    let said = messages(&mut using("predict"), &long);
    let note =
        "note: 1 of 2 texts was not read whole (longest 250 tokens); --max-length or --long-texts windows reads more";
    assert!(said.contains(note), "{said}");
    assert!(!messages(using("predict").arg("--quiet"), &long).contains("note"));

    let embedded = json_lines(using("embed").args(["--long-texts", "ends"]), &long);
    assert_eq!(embedded[0]["warnings"], first[0]["warnings"]);
    let dimensions = |line: &Value| line["embedding"].as_array().unwrap().len();
    assert_eq!((dimensions(&embedded[0]), dimensions(&embedded[1])), (64, 64));
    // Of an adapter that reads windows, vectors of tokens are those of the first ones.
    assert_eq!(dimensions(&json_lines(using("embed").args(["--pooling", "none"]), &long)[0]), 12);
    let (status, message) = fail(using("embed").args(["--pooling", "none", "--long-texts", "windows"]), &long);
    assert!(status == 2 && message.contains("where each token has its vector"), "{status}: {message}");
}

#[test]
fn another_script_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let data = write(dir.path());
    messages(&mut train(dir.path(), &data, &["--max-steps", "1"]), "");
    let mut predict = graftwork(["predict", "--backbone"]);
    predict.arg(backbone()).arg("--adapter").arg(dir.path().join("out"));
    let texts = "he was in the of and to is\n您好，我的包裹还没有到，请帮我查一下。\n";
    let output = run(&mut predict, texts);
    let lines: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines[0].get("warnings").is_none());
    let warning = lines[1]["warnings"].as_array().unwrap().last().unwrap();
    assert_eq!(warning["type"], "uncovered");
    // Some of its characters stand in the vocabulary.
    assert!(warning["share"].as_f64().unwrap() > 0.7, "{warning}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("note: 1 of 2 texts is in words that the backbone's vocabulary hardly knows"), "{said}");
}
