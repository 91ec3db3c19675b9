//! Pairs of texts, several labels a text, and numbers: from files to answers.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::{backbone, fail, graftwork, json_lines, run, succeed};

const WORDS: [&str; 8] = ["the", "of", "and", "in", "to", "was", "he", "is"];

fn words(i: usize) -> Vec<&'static str> {
    (0..2 + i % 4).map(|at| WORDS[(i * 5 + at * 3) % 8]).collect()
}

fn write(dir: &Path, name: &str, rows: impl IntoIterator<Item = String>) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, rows.into_iter().map(|row| row + "\n").collect::<String>()).unwrap();
    path
}

fn train(task: &str, out: &Path, data: &Path) -> Command {
    let mut command = graftwork(["train", "--task", task, "--lr", "1e-2", "--epochs", "20", "--batch-size", "8"]);
    command.arg("--backbone").arg(backbone()).arg("--out").arg(out).arg("--train").arg(data).arg("--dev").arg(data);
    command
}

fn using(command: &str, adapter: &Path) -> Command {
    let mut command = graftwork([command, "--quiet", "--backbone"]);
    command.arg(backbone()).arg("--adapter").arg(adapter);
    command
}

#[test]
fn pairs() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("nli");
    let row = |i: usize| {
        let (a, b) = (WORDS[i % 8], WORDS[if i % 2 == 0 { i % 8 } else { (i * 3 + 1) % 8 }]);
        format!("{}\t{a}\t{b}", if a == b { "same" } else { "other" })
    };
    let rows: Vec<String> = (0..48).map(row).collect();
    let table = |header: &str| std::iter::once(header.to_owned()).chain(rows.clone());
    let data = write(dir.path(), "pairs.tsv", table("label\ttext_a\ttext_b"));
    let found = &json_lines(train("text-classification", &out, &data).arg("--json"), "")[0];
    assert!(found["dev"]["accuracy"].as_f64().unwrap() > 0.9, "{found}");

    let named = write(dir.path(), "named.tsv", table("label\tpremise\thypothesis"));
    let columns = ["--text-column", "premise", "--text-pair-column", "hypothesis"];
    let measured = &json_lines(using("eval", &out).arg("--data").arg(&named).args(columns).arg("--json"), "")[0];
    assert_eq!(measured["accuracy"], found["dev"]["accuracy"]);
    let asked = "{\"text_a\": \"he was\", \"text_b\": \"in\"}\n{\"text\": \"he was\", \"text_pair\": \"in\"}\n{\"text\": \"he\"}\n";
    let answers = json_lines(using("predict", &out).args(["--format", "jsonl"]), asked);
    assert_eq!((&answers[0]["text"], &answers[0]["text_pair"]), (&json!("he was"), &json!("in")));
    assert_eq!(answers[0], answers[1]);
    assert!(answers[2].get("text_pair").is_none());
    let top = json_lines(using("predict", &out).args(["--format", "jsonl", "--top-k", "1"]), asked);
    assert_eq!(top[0]["scores"].as_object().unwrap().keys().collect::<Vec<_>>(), [top[0]["label"].as_str().unwrap()]);

    // Longer pairs are cut, which is said with what helps; windows are refused before anything is written.
    let long =
        write(dir.path(), "long.tsv", ["label\ttext_a\ttext_b".to_owned(), "same\the was in the\the was".to_owned()]);
    let output = run(using("eval", &out).args(["--max-length", "7", "--data"]).arg(&long), "");
    assert!(output.status.success());
    let mut loud = graftwork(["eval", "--max-length", "7", "--backbone"]);
    let output = run(loud.arg(backbone()).arg("--adapter").arg(&out).arg("--data").arg(&long), "");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("only their first 7 are read; --max-length 9 reads more"), "{said}");
    let other = dir.path().join("windows");
    let (status, said) = fail(train("text-classification", &other, &data).args(["--long-texts", "windows"]), "");
    assert!(status == 2 && said.contains("of pairs of texts only first tokens"), "{said}");
    assert!(!other.join("adapter_config.json").exists());
}

#[test]
fn several_labels() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("many");
    let labels = |words: &[&str]| -> Vec<&str> {
        [("he", "person"), ("in", "place")].into_iter().filter(|(w, _)| words.contains(w)).map(|(_, l)| l).collect()
    };
    let line = |i| json!({"text": words(i).join(" "), "labels": labels(&words(i))}).to_string();
    let data = write(dir.path(), "many.jsonl", (0..64).map(line));
    let found = &json_lines(train("multi-label-classification", &out, &data).arg("--json"), "")[0];
    assert_eq!((&found["labels"], &found["thresholds"]), (&json!(["person", "place"]), &Value::Null));
    assert!(found["dev"]["f1_micro"].as_f64().unwrap() > 0.95, "{found}");

    // The same rows as a table give the same numbers.
    let row = |i| format!("{}\t{}", labels(&words(i)).join(" | "), words(i).join(" "));
    let table = write(dir.path(), "many.tsv", std::iter::once("emotions\ttext".to_owned()).chain((0..64).map(row)));
    let mut eval = using("eval", &out);
    eval.args(["--labels-column", "emotions", "--label-separator", "|", "--data"]).arg(&table);
    let measured = &json_lines(eval.arg("--json"), "")[0];
    for metric in ["f1_micro", "f1_macro", "subset_accuracy", "loss", "per_class"] {
        assert_eq!(measured[metric], found["dev"][metric], "{metric}");
    }
    assert!(succeed(using("eval", &out).arg("--data").arg(&data), "").starts_with("F1 micro "));

    let both = (0..64).find(|i| labels(&words(*i)).len() == 2).map(words).unwrap().join(" ");
    let answers = json_lines(&mut using("predict", &out), &format!("{both}\nthe of\n"));
    assert_eq!(answers[0]["labels"].as_array().unwrap().len(), 2, "{}", answers[0]);
    assert_eq!((&answers[1]["labels"], answers[1]["scores"].as_object().unwrap().len()), (&json!([]), 2));
    let strict =
        json_lines(using("predict", &out).args(["--threshold", "0.9999", "--top-k", "1"]), &format!("{both}\n"));
    assert_eq!((&strict[0]["labels"], strict[0]["scores"].as_object().unwrap().len()), (&json!([]), 1));

    // Thresholds are chosen on dev data, kept, and shown.
    let chosen = dir.path().join("chosen");
    let found = &json_lines(
        train("multi-label-classification", &chosen, &data).args(["--choose-thresholds", "per-label", "--json"]),
        "",
    )[0];
    let thresholds = found["thresholds"].as_array().unwrap();
    assert_eq!(thresholds.len(), 2);
    let shown = &json_lines(graftwork(["inspect", "--json"]).arg(&chosen), "")[0];
    assert_eq!(&shown["thresholds"], &found["thresholds"]);
    let kept = dir.path().join("kept");
    let found = &json_lines(
        train("multi-label-classification", &kept, &data).args(["--threshold", "0.25", "--max-steps", "1", "--json"]),
        "",
    )[0];
    assert_eq!(found["thresholds"], json!([0.25]));
}

#[test]
fn numbers_and_similarity() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("sts");
    let row = |i: usize| format!("{}\t{}\t{}", (i % 8) as f32 / 2.0, WORDS[i % 8], WORDS[i / 8 % 8]);
    let rows: Vec<String> = (0..48).map(row).collect();
    let table = |header: &str| std::iter::once(header.to_owned()).chain(rows.clone());
    let data = write(dir.path(), "sts.tsv", table("score\ttext_a\ttext_b"));
    let found = &json_lines(train("regression", &out, &data).arg("--json"), "")[0];
    assert!(found["dev"]["pearson"].as_f64().unwrap() > 0.9, "{found}");
    assert_eq!((&found["labels"], &found["dev"]["per_class"]), (&json!(["score"]), &json!([])));
    let named = write(dir.path(), "named.tsv", table("y\ttext_a\ttext_b"));
    let mut eval = using("eval", &out);
    let measured = &json_lines(eval.args(["--score-column", "y", "--json", "--data"]).arg(&named), "")[0];
    for metric in ["pearson", "spearmanr", "mse", "mae"] {
        assert_eq!(measured[metric], found["dev"][metric], "{metric}");
    }
    let said = succeed(using("eval", &out).arg("--data").arg(&data), "");
    assert!(said.starts_with("pearson 0.") && said.lines().count() == 1, "{said}");

    let pairs = "text_a\ttext_b\nthe\tof\nhe\the\n";
    let answers = json_lines(using("predict", &out).args(["--format", "tsv"]), pairs);
    assert!(answers[0]["score"].is_number() && answers[0]["text_pair"] == "of", "{}", answers[0]);

    for adapter in [None, Some(&out)] {
        let mut embed = graftwork(["embed", "--similarity", "--format", "tsv", "--backbone"]);
        embed.arg(backbone()).args(adapter.iter().flat_map(|path| ["--adapter".as_ref(), path.as_os_str()]));
        let found = json_lines(&mut embed, pairs);
        assert!((found[1]["similarity"].as_f64().unwrap() - 1.0).abs() < 1e-5, "{}", found[1]);
        assert!(found[0]["similarity"].as_f64().unwrap() < 0.999, "{}", found[0]);
    }
}

#[test]
fn bad_input_is_named_with_its_line_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let refused = |task: &str, name: &str, rows: &str, expected: &str| {
        let data = write(dir.path(), name, rows.lines().map(str::to_owned));
        let (status, said) = fail(&mut train(task, &out, &data), "");
        assert_eq!(status, 3, "{rows}: {said}");
        assert!(said.contains(expected) && !said.contains("panicked"), "{rows}: {said}");
        assert!(!out.exists(), "{rows}");
    };
    let classify = |name: &str, rows: &str, expected: &str| refused("text-classification", name, rows, expected);
    classify("a.tsv", "label\ttext_a\nx\ta\n", "no column \"text\" in the header (its columns: label, text_a)");
    classify("a.jsonl", "{\"text_a\": \"a\", \"label\": \"x\"}\n", "a.jsonl:1: no \"text\"");
    classify(
        "a.jsonl",
        "{\"text\": \"a\", \"text_pair\": 3, \"label\": \"x\"}\n",
        "a.jsonl:1: \"text_pair\" is a number",
    );
    let many = |name: &str, rows: &str, expected: &str| refused("multi-label-classification", name, rows, expected);
    many("a.tsv", "labels\ttext\na\tx\na,,b\ty\n", "a.tsv:3: the label is empty");
    many("a.jsonl", "{\"text\": \"a\", \"labels\": \"x\"}\n", "a.jsonl:1: \"labels\" is a string, not a list");
    many("a.csv", "label,text\nx,a\n", "say which column holds the labels");
    many("a.jsonl", "{\"text\": \"a\", \"labels\": []}\n", "no row has a label");
    let number = |name: &str, rows: &str, expected: &str| refused("regression", name, rows, expected);
    number("a.tsv", "score\ttext\n1\ta\nhigh\tb\nnan\tc\n", "a.tsv:3: \"score\" is \"high\", not a number");
    number("a.jsonl", "{\"text\": \"a\", \"score\": \"1\"}\n", "a.jsonl:1: \"score\" is a string, not a number");
    number("a.csv", "text,label\na,1\n", "say which column holds the score");

    let data = write(dir.path(), "good.tsv", ["score\ttext", "1\ta", "2\tb"].map(str::to_owned));
    let (status, said) = fail(train("regression", &out, &data).args(["--choose-thresholds", "one"]), "");
    assert!(status == 2 && said.contains("--choose-thresholds is for texts with several labels"), "{said}");
    let (status, said) = fail(train("regression", &out, &data).args(["--recipe", "few-shot"]), "");
    assert!(status == 2 && said.contains("is for texts with one label each"), "{said}");
    let mut embed = graftwork(["embed", "--similarity", "--backbone"]);
    let (status, said) = fail(embed.arg(backbone()), "one text\n");
    assert!(status == 3 && said.contains("--similarity takes pairs of texts"), "{said}");
    let mut embed = graftwork(["embed", "--format", "tsv", "--backbone"]);
    let (status, said) = fail(embed.arg(backbone()), "text_a\ttext_b\na\tb\n");
    assert!(status == 3 && said.contains("embed takes single texts"), "{said}");
}
