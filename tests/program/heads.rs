//! Several heads on one adapter: intent and slots together, and data sets that take turns.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::{backbone, fail, graftwork, json_lines, run, succeed};

/// Sentences that ask for something, with what for.
fn write(path: &Path, rows: usize) {
    let mut lines = String::new();
    for i in 0..rows {
        let (artist, place) = (["Bach", "Nina Simone", "Abba"][i % 3], ["Rome", "New York", "Oslo"][i / 2 % 3]);
        let (words, intent, name, kind) = match i % 2 {
            0 => (vec!["play", "something", "by"], "PlayMusic", artist, "artist"),
            _ => (vec!["what", "is", "the", "weather", "in"], "GetWeather", place, "city"),
        };
        let mut tags = vec!["O".to_owned(); words.len()];
        let mut tokens: Vec<String> = words.into_iter().map(str::to_owned).collect();
        for (part, word) in name.split(' ').enumerate() {
            tokens.push(word.to_owned());
            tags.push(format!("{}-{kind}", if part == 0 { "B" } else { "I" }));
        }
        lines += &format!("{}\n", json!({"tokens": tokens, "tags": tags, "intent": intent}));
    }
    std::fs::write(path, lines).unwrap();
}

/// The same sentences as texts with a label.
fn write_texts(path: &Path, rows: usize) {
    let text = |i: usize| match i % 2 {
        0 => format!("play something by {}\tmusic\n", ["Bach", "Abba"][i / 2 % 2]),
        _ => format!("what is the weather in {}\tweather\n", ["Rome", "Oslo"][i / 2 % 2]),
    };
    std::fs::write(path, format!("text\tlabel\n{}", (0..rows).map(text).collect::<String>())).unwrap();
}

fn train(out: &Path, task: &str, data: &Path) -> Command {
    train_for("16", out, task, data)
}

fn train_for(epochs: &str, out: &Path, task: &str, data: &Path) -> Command {
    let mut command = graftwork(["train", "--task", task, "--lr", "1e-2", "--epochs", epochs, "--json"]);
    command.arg("--backbone").arg(backbone()).arg("--out").arg(out).arg("--train").arg(data);
    command
}

fn with<'c>(command: &'c mut Command, adapter: &Path) -> &'c mut Command {
    command.arg("--backbone").arg(backbone()).arg("--adapter").arg(adapter)
}

/// Every file below a directory, by its path from there.
fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push((path.clone(), std::fs::read(&path).unwrap())),
        }
    }
    found.sort();
    found
}

#[test]
fn the_life_of_intents_and_slots() {
    let dir = tempfile::tempdir().unwrap();
    let (out, data) = (dir.path().join("a"), dir.path().join("snips.jsonl"));
    write(&data, 120);
    let task = "intent-slot-classification";
    let found = &json_lines(train(&out, task, &data).arg("--dev").arg(&data).args(["--loss-weight", "slots=2"]), "")[0];
    assert_eq!((&found["task"], &found["recipe"]), (&json!(task), &json!("standard")));
    assert_eq!(found["labels"]["intent"], json!(["GetWeather", "PlayMusic"]));
    assert_eq!(found["labels"]["slots"].as_array().unwrap().len(), 5);
    let (intent, slots) = (&found["dev"]["intent"]["accuracy"], &found["dev"]["slots"]["f1"]);
    let (intent, slots) = (intent.as_f64().unwrap(), slots.as_f64().unwrap());
    assert!(intent > 0.95 && slots > 0.9, "{found}");
    assert_eq!(found["dev"]["score"].as_f64(), Some((intent + slots) / 2.0));
    assert!(found["knowledge"]["intent"]["temperature"].is_number() && found["knowledge"]["slots"].is_null());

    // Measured again, both and each alone, the numbers are the same.
    let mut eval = graftwork(["eval", "--json", "--data"]);
    let both = &json_lines(with(eval.arg(&data), &out), "")[0];
    assert_eq!((both["intent"]["accuracy"].as_f64(), both["slots"]["f1"].as_f64()), (Some(intent), Some(slots)));
    for (head, metric, value) in [("intent", "accuracy", intent), ("slots", "f1", slots)] {
        // Of one head alone the data need not be of both.
        let mut eval = graftwork(["eval", "--json", "--head", head, "--data"]);
        let file = if head == "intent" { dir.path().join("texts.tsv") } else { data.clone() };
        std::fs::write(dir.path().join("texts.tsv"), "text\tlabel\nplay something by Bach\tPlayMusic\n").unwrap();
        let alone = &json_lines(with(eval.arg(file), &out), "")[0];
        let expected = if head == "intent" { 1.0 } else { value };
        assert_eq!(alone[metric].as_f64(), Some(expected), "{alone}");
    }

    // One line has both; places count code points.
    let text = "play something by Nina Simone";
    let answer = &json_lines(with(&mut graftwork(["predict", "--quiet"]), &out), &format!("{text}\n"))[0];
    assert_eq!(answer["intent"], "PlayMusic");
    let slot = &answer["slots"][0];
    assert_eq!((&slot["type"], &slot["text"], &slot["start"]), (&json!("artist"), &json!("Nina Simone"), &json!(18)));
    let alone =
        |head| json_lines(with(&mut graftwork(["predict", "--quiet", "--head", head]), &out), &format!("{text}\n"));
    assert_eq!((&alone("intent")[0]["scores"], &alone("slots")[0]["words"]), (&answer["scores"], &answer["words"]));
    let list = "{\"tokens\": [\"play\", \"something\", \"by\", \"Nina\", \"Simone\"]}\n";
    let of_words = json_lines(with(&mut graftwork(["predict", "--quiet", "--format", "jsonl"]), &out), list);
    assert_eq!((&of_words[0]["intent"], &of_words[0]["slots"]), (&answer["intent"], &answer["slots"]));

    let shown: Value = serde_json::from_str(&succeed(graftwork(["inspect", "--json"]).arg(&out), "")).unwrap();
    let types: Vec<&Value> = ["intent", "slots"].iter().map(|head| &shown["heads"][head]["type"]).collect();
    assert_eq!(types, ["classification", "tagging"]);
    assert_eq!(shown["training"]["loss_weights"], json!({"slots": 2.0}));
    let (status, said) = fail(with(&mut graftwork(["predict", "--head", "other"]), &out), "x\n");
    assert!(status == 3 && said.contains("no \"other\"; the adapter's heads are intent, slots"), "{said}");

    // A sentence without an intent, and one with too few tags.
    std::fs::write(
        &data,
        "{\"tokens\": [\"a\"], \"tags\": [\"O\"]}\n{\"tokens\": [\"a\"], \"tags\": [], \"intent\": \"x\"}\n",
    )
    .unwrap();
    let (status, said) = fail(&mut train(&out, task, &data), "");
    assert!(status == 3 && said.contains("snips.jsonl:1: no \"intent\"") && said.contains("snips.jsonl:2:"), "{said}");
    // Few examples are not for several heads.
    write(&data, 20);
    let (status, said) = fail(train(&out, task, &data).args(["--recipe", "few-shot"]), "");
    assert!(status == 2 && said.contains("one label each"), "{said}");
}

#[test]
fn data_sets_in_turns() {
    let dir = tempfile::tempdir().unwrap();
    let (texts, slots) = (dir.path().join("texts.tsv"), dir.path().join("slots.jsonl"));
    write_texts(&texts, 40);
    write(&slots, 120);
    let and = format!("slots=token-classification:{}", slots.display());
    let and_dev = format!("slots={}", slots.display());
    let start = |out: &Path| {
        let mut command = train(out, "text-classification", &texts);
        command.args(["--head", "topic", "--and", &and, "--and-dev", &and_dev, "--sampling", "evenly"]);
        command.arg("--dev").arg(&texts);
        command
    };
    let whole = dir.path().join("whole");
    let found = &json_lines(&mut start(&whole), "")[0];
    assert_eq!(found["labels"]["topic"], json!(["music", "weather"]));
    let (topic, f1) =
        (found["dev"]["topic"]["accuracy"].as_f64().unwrap(), found["dev"]["slots"]["f1"].as_f64().unwrap());
    assert!(topic > 0.95 && f1 > 0.9, "{found}");
    assert!(whole.join("heads/slots/head_config.json").is_file() && whole.join("head_config.json").is_file());

    // Interrupted and gone on, every file has the same bytes.
    let part = dir.path().join("part");
    succeed(start(&part).args(["--max-steps", "20"]).args(["--checkpoint-every", "5"]), "");
    std::fs::remove_dir_all(&part).unwrap();
    let mut child = start(&part).args(["--checkpoint-every", "1"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    let checkpoint = part.join("checkpoint.safetensors");
    while !checkpoint.exists() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(checkpoint.exists(), "it was killed before its end");
    succeed(start(&part).arg("--resume"), "");
    let bytes = |dir: &Path| {
        files(dir)
            .into_iter()
            .map(|(path, bytes)| (path.strip_prefix(dir).unwrap().to_owned(), bytes))
            .collect::<Vec<_>>()
    };
    assert_eq!(bytes(&part), bytes(&whole));

    // The first head answers, unless another one is named.
    let text = "what is the weather in New York\n";
    let answer = |head: &[&str]| json_lines(with(graftwork(["predict", "--quiet"]).args(head), &whole), text);
    assert_eq!(answer(&[])[0]["label"], "weather");
    assert_eq!(answer(&["--head", "slots"])[0]["entities"][0]["text"], "New York");

    // Another adapter in its place leaves nothing of the heads that it has not.
    succeed(train_for("1", &whole, "text-classification", &texts).args(["--recipe", "standard"]), "");
    assert!(!whole.join("heads").exists());
    let shown: Value = serde_json::from_str(&succeed(graftwork(["inspect", "--json"]).arg(&whole), "")).unwrap();
    assert!(shown["heads"].is_null() && shown["head"]["type"] == "classification", "{shown}");
}

#[test]
fn misuse() {
    let dir = tempfile::tempdir().unwrap();
    let (out, texts) = (dir.path().join("a"), dir.path().join("texts.tsv"));
    write_texts(&texts, 40);
    let file = texts.display();
    let refused = |arguments: &[&str]| {
        let output = run(train(&out, "text-classification", &texts).args(arguments), "");
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let and = |head: &str| format!("{head}=text-classification:{file}");
    for (arguments, status, message) in [
        (vec!["--and".to_owned(), "x".to_owned()], 2, "must be HEAD=TASK:FILE"),
        (vec!["--and".to_owned(), format!("x=sorting:{file}")], 2, "there is no task \"sorting\""),
        (vec!["--and".to_owned(), format!("x=intent-slot-classification:{file}")], 2, "has heads of its own"),
        (vec!["--and".to_owned(), and("graftwork")], 3, "twice"),
        (vec!["--and".to_owned(), and("a b")], 3, "letters, digits"),
        (vec!["--and".to_owned(), and("x"), "--and-dev".to_owned(), format!("y={file}")], 2, "there is no head \"y\""),
        (vec!["--and".to_owned(), and("x"), "--loss-weight".to_owned(), "y=2".to_owned()], 2, "no data set teaches"),
        (vec!["--loss-weight".to_owned(), "x=0".to_owned()], 2, "a number above 0"),
        (vec!["--and".to_owned(), and("x"), "--recipe".to_owned(), "probe".to_owned()], 2, "is for one data set"),
        (vec!["--and".to_owned(), "x=token-classification:none.jsonl".to_owned()], 3, "none.jsonl"),
        (vec!["--sampling".to_owned(), "evenly".to_owned()], 2, "--and"),
        (vec!["--tags".to_owned(), "O".to_owned()], 2, "--tags is for intent-slot-classification"),
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (found, said) = refused(&arguments);
        assert!(found == status && said.contains(message), "{arguments:?}: {found}: {said}");
        assert!(!out.exists(), "{arguments:?}: something was written");
    }
}
