//! Token classification, from files to spans.

use std::path::Path;

use serde_json::{Value, json};

use crate::{backbone, fail, graftwork, json_lines, run, succeed};

const NAMES: [&str; 6] = ["Ada", "Zo\u{eb}", "\u{10d4}", "Li Wei", "Bob", "Eva"];
const PLACES: [&str; 5] = ["Rome", "New York", "Oslo", "Cairo", "Lima"];

/// Sentences about people and places, with their tags: IOB2, or parts of speech.
fn write(path: &Path, rows: usize, entities: bool) {
    let mut lines = String::new();
    for i in 0..rows {
        let (mut tokens, mut tags) = (Vec::new(), Vec::new());
        let mut say = |text: &str, kind: &str| {
            for (place, word) in text.split(' ').enumerate() {
                tokens.push(word.to_owned());
                tags.push(match (kind, entities, place) {
                    ("", true, _) => "O".to_owned(),
                    (kind, true, 0) => format!("B-{kind}"),
                    (kind, true, _) => format!("I-{kind}"),
                    ("", false, _) => "X".to_owned(),
                    (_, false, _) => "PROPN".to_owned(),
                });
            }
        };
        say(NAMES[i % 6], "person");
        say(["lives in", "went to", "has never seen"][i % 3], "");
        say(PLACES[i * 7 % 5], "place");
        say(["today .", "!", "with"][i / 3 % 3], "");
        if i % 9 >= 6 {
            say(NAMES[i / 2 % 6], "person");
        }
        lines += &format!("{}\n", json!({"tokens": tokens, "tags": tags}));
    }
    std::fs::write(path, lines).unwrap();
}

fn train(out: &Path, data: &Path) -> std::process::Command {
    let mut command =
        graftwork(["train", "--task", "token-classification", "--lr", "1e-2", "--epochs", "16", "--json"]);
    command.arg("--backbone").arg(backbone()).arg("--out").arg(out).arg("--train").arg(data).arg("--dev").arg(data);
    command
}

#[test]
fn the_life_of_a_tagger() {
    let dir = tempfile::tempdir().unwrap();
    let (out, data) = (dir.path().join("ner"), dir.path().join("ner.jsonl"));
    write(&data, 180, true);
    let found = &json_lines(&mut train(&out, &data), "")[0];
    assert_eq!(found["task"], "token-classification");
    assert_eq!(found["labels"], json!(["B-person", "B-place", "I-person", "I-place", "O"]));
    assert!(found["dev"]["f1"].as_f64().unwrap() > 0.9, "{found}");
    let types: Vec<&Value> = found["dev"]["per_class"].as_array().unwrap().iter().map(|c| &c["label"]).collect();
    assert_eq!(types, ["person", "place"]);

    let using = |command: &str| {
        let mut command = graftwork([command, "--backbone"]);
        command.arg(backbone()).arg("--adapter").arg(&out);
        command
    };
    let measured = &json_lines(using("eval").arg("--data").arg(&data).arg("--json"), "")[0];
    for metric in ["f1", "precision", "recall", "accuracy", "loss", "per_class"] {
        assert_eq!(measured[metric], found["dev"][metric], "{metric}");
    }
    assert!(succeed(using("eval").arg("--data").arg(&data), "").starts_with("F1 "));

    // Offsets count code points, in plain text and in words with single spaces between.
    let text = "Zo\u{eb}  went to New York.";
    let words = json!({"tokens": ["\u{1f600}", "Zo\u{eb}", "went", "to", "New", "York"]}).to_string();
    let lines = format!("{}\n{words}\n", json!({"text": text}));
    let answers = json_lines(using("predict").args(["--format", "jsonl"]), &lines);
    let spans = |answer: &Value, key: &str| -> Vec<(u64, u64, String)> {
        let span = |one: &Value| {
            let (start, end) = (one["start"].as_u64().unwrap(), one["end"].as_u64().unwrap());
            let points: Vec<char> = answer["text"].as_str().unwrap().chars().collect();
            let text: String = points[start as usize..end as usize].iter().collect();
            assert_eq!(one["text"], text);
            assert!((0.0..=1.0).contains(&one["score"].as_f64().unwrap()));
            (start, end, text)
        };
        answer[key].as_array().unwrap().iter().map(span).collect()
    };
    assert_eq!(answers[0]["text"], text);
    let of_words: Vec<String> = spans(&answers[0], "words").into_iter().map(|(.., text)| text).collect();
    assert_eq!(of_words, ["Zo\u{eb}", "went", "to", "New", "York", "."]);
    assert!(spans(&answers[0], "entities").contains(&(13, 21, "New York".to_owned())), "{}", answers[0]);
    assert_eq!(answers[1]["text"], "\u{1f600} Zo\u{eb} went to New York");
    assert!(spans(&answers[1], "entities").contains(&(14, 22, "New York".to_owned())), "{}", answers[1]);
    let place = answers[1]["entities"].as_array().unwrap().iter().find(|entity| entity["start"] == 14);
    assert_eq!(place.unwrap()["type"], "place");

    // What lies beyond the maximal length is counted and said.
    let output = run(using("predict").args(["--max-length", "6"]), "Ada went to Rome today with Bob\n");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let tagged = answer["words"].as_array().unwrap().len() as u64;
    assert!(tagged >= 2 && answer["left_out"].as_u64() == Some(7 - tagged), "{answer}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&format!("{} words have no token", 7 - tagged)), "{said}");
}

#[test]
fn parts_of_speech() {
    let dir = tempfile::tempdir().unwrap();
    let (out, data) = (dir.path().join("pos"), dir.path().join("pos.jsonl"));
    write(&data, 90, false);
    let output = run(train(&out, &data).args(["--max-length", "7"]), "");
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(found["dev"]["accuracy"].as_f64().unwrap() > 0.8 && found["dev"].get("f1").is_none(), "{found}");
    assert_eq!(found["labels"], json!(["PROPN", "X"]));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("words of the training data") && said.contains("neither learned nor measured"), "{said}");
    let mut predict = graftwork(["predict", "--quiet", "--backbone"]);
    let answer = &json_lines(predict.arg(backbone()).arg("--adapter").arg(&out), "Ada went\n")[0];
    assert!(answer.get("entities").is_none() && answer["words"].as_array().unwrap().len() == 2, "{answer}");
}

#[test]
fn misuse() {
    let dir = tempfile::tempdir().unwrap();
    let (out, data) = (dir.path().join("a"), dir.path().join("a.jsonl"));
    std::fs::write(&data, "{\"tokens\": [\"a\", \"b\"], \"tags\": [\"O\"]}\n").unwrap();
    let (status, said) = fail(&mut train(&out, &data), "");
    assert_eq!(status, 3);
    assert!(said.contains("a.jsonl:1:") && said.contains("has 2 words, but \"tags\" has 1"), "{said}");
    let table = dir.path().join("a.tsv");
    std::fs::write(&table, "text\tlabel\na\tb\n").unwrap();
    let (status, said) = fail(&mut train(&out, &table), "");
    assert!(status == 3 && said.contains("are read from .jsonl"), "{said}");
}
