//! Question answering and multiple choice, from files to answers.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::{backbone, fail, graftwork, json_lines, run, succeed};

/// A letter for each place, the same for the same seed.
fn letter(seed: usize, place: usize) -> String {
    char::from(b'a' + ((seed * 31 + place * 17 + seed * place * 7) % 26) as u8).to_string()
}

/// Letters after an umlaut, and a 7 among them: the answer. Where some have none, every fourth has no 7.
fn write_questions(path: &Path, rows: usize, some_have_none: bool) {
    let mut lines = String::new();
    for i in 0..rows {
        let mut words: Vec<String> = (0..8 + i % 13).map(|place| letter(i, place)).collect();
        words[0] = "\u{f6}".to_owned();
        let place = 1 + i * 5 % (words.len() - 1);
        let has_answer = !some_have_none || i % 4 != 3;
        if has_answer {
            words[place] = "7".to_owned();
        }
        // Each word is a character with a space after it; half of the rows as Hugging Face's squad has them.
        let answers = match (has_answer, i % 2) {
            (false, _) => json!([]),
            (true, 0) => json!([{"text": "7", "start": 2 * place}]),
            (true, _) => json!({"text": ["7"], "answer_start": [2 * place]}),
        };
        lines += &format!("{}\n", json!({"id": i, "question": "q", "context": words.join(" "), "answers": answers}));
    }
    std::fs::write(path, lines).unwrap();
}

/// Two to four choices, of which the right one has a 7.
fn write_choices(path: &Path, rows: usize) {
    let mut lines = String::new();
    for i in 0..rows {
        let (count, right) = (2 + i % 3, i * 5 % (2 + i % 3));
        let choice = |place: usize| if place == right { "7".to_owned() } else { letter(i, place) };
        let choices: Vec<String> = (0..count).map(|place| format!("{} {}", letter(i, 9), choice(place))).collect();
        let label = if i % 2 == 0 { json!(right) } else { json!(["A", "B", "C", "D"][right]) };
        lines += &format!("{}\n", json!({"context": "q", "question": "r", "choices": choices, "label": label}));
    }
    std::fs::write(path, lines).unwrap();
}

fn train(task: &str, out: &Path, data: &Path, epochs: &str) -> Command {
    let mut command = graftwork(["train", "--task", task, "--lr", "1e-2", "--epochs", epochs]);
    command.args(["--batch-size", "8", "--json"]);
    command.arg("--backbone").arg(backbone()).arg("--out").arg(out).arg("--train").arg(data).arg("--dev").arg(data);
    command.args(["--max-length", "18"]);
    command
}

fn using(command: &str, adapter: &Path) -> Command {
    let mut command = graftwork([command, "--backbone"]);
    command.arg(backbone()).arg("--adapter").arg(adapter);
    command
}

/// What an answer says is what stands there, counted in code points.
fn check(context: &str, answer: &Value) {
    let points: Vec<char> = context.chars().collect();
    let at = |key: &str| answer[key].as_u64().unwrap() as usize;
    assert_eq!(answer["answer"], points[at("start")..at("end")].iter().collect::<String>());
    assert!((0.0..=1.0).contains(&answer["score"].as_f64().unwrap()), "{answer}");
}

#[test]
fn the_life_of_an_answerer() {
    let dir = tempfile::tempdir().unwrap();
    let (out, data) = (dir.path().join("qa"), dir.path().join("qa.jsonl"));
    write_questions(&data, 80, true);
    let found = &json_lines(&mut train("question-answering", &out, &data, "16"), "")[0];
    assert_eq!((&found["task"], &found["dev"]["examples"]), (&json!("question-answering"), &json!(80)));
    assert!(found["dev"]["f1"].as_f64().unwrap() > 0.8, "{found}");
    assert!(found["dev"]["no_answer_exact"].as_f64().unwrap() > 0.5, "{found}");
    let threshold = found["thresholds"][0].as_f64().unwrap();
    let config: Value = serde_json::from_slice(&std::fs::read(out.join("adapter_config.json")).unwrap()).unwrap();
    assert_eq!(config["graftwork"]["thresholds"], json!([threshold]));

    let measured = &json_lines(using("eval", &out).arg("--data").arg(&data).arg("--json"), "")[0];
    for metric in ["f1", "exact_match", "has_answer_f1", "has_answer_exact", "no_answer_exact", "loss"] {
        assert_eq!(measured[metric], found["dev"][metric], "{metric}");
    }
    assert!(succeed(using("eval", &out).arg("--data").arg(&data), "").starts_with("F1 "));

    // Without a 7 there is no answer; code points are counted, and a long context is read to its end.
    let long = format!("\u{f6} \u{1f600} {} 7 b", "a ".repeat(60));
    let contexts = ["\u{f6} a b 7 c", &long, "\u{f6} a b c"];
    let lines: String = contexts.map(|context| format!("{}\n", json!({"question": "q", "context": context}))).concat();
    let answers = json_lines(using("predict", &out).args(["--format", "jsonl", "--top-k", "3"]), &lines);
    for (context, answer) in contexts.iter().zip(&answers) {
        assert_eq!(answer["question"], "q");
        assert!((0.0..=1.0).contains(&answer["no_answer"].as_f64().unwrap()), "{answer}");
        let best = answer["answers"].as_array().unwrap();
        assert_eq!(best.len(), 3);
        best.iter().for_each(|one| check(context, one));
        assert!(best[0]["score"].as_f64() >= best[1]["score"].as_f64());
        assert!(answer.get("warnings").is_none(), "{answer}");
    }
    assert_eq!(answers[0]["answer"], "7", "{}", answers[0]);
    check(contexts[0], &answers[0]);
    assert_eq!(answers[2]["answer"], Value::Null, "{}", answers[2]);
    // At a threshold near 1 there always is one, and at 0 never.
    let table = "question\tcontext\nq\t\u{f6} a b c\n";
    let always = json_lines(using("predict", &out).args(["--format", "tsv", "--threshold", "0.99999999"]), table);
    check("\u{f6} a b c", &always[0]);
    let never =
        json_lines(using("predict", &out).args(["--format", "csv", "--threshold", "0"]), &table.replace('\t', ","));
    assert_eq!(never[0]["answer"], Value::Null);
    let short = json_lines(using("predict", &out).args(["--format", "jsonl", "--max-answer-length", "1"]), &lines);
    check(contexts[1], &short[1]);
    assert_eq!(short[1]["end"].as_u64().unwrap() - short[1]["start"].as_u64().unwrap(), 1, "{}", short[1]);
}

#[test]
fn where_every_question_has_an_answer() {
    let dir = tempfile::tempdir().unwrap();
    let (out, data) = (dir.path().join("qa"), dir.path().join("qa.jsonl"));
    write_questions(&data, 24, false);
    let output = run(&mut train("question-answering", &out, &data, "2"), "");
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(found["thresholds"].is_null() && found["dev"].get("no_answer_exact").is_none(), "{found}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("longer than 18 tokens") && said.contains("they are read in windows of 18"), "{said}");
    let line = "{\"question\": \"q\", \"context\": \"a b c\"}\n";
    let answer = &json_lines(using("predict", &out).args(["--format", "jsonl"]), line)[0];
    check("a b c", answer);
    assert!(answer.get("no_answer").is_none() && answer.get("answers").is_none(), "{answer}");
    // Nothing to answer with.
    let answer = &json_lines(using("predict", &out).args(["--format", "jsonl"]), &line.replace("a b c", ""))[0];
    assert_eq!((&answer["answer"], &answer["start"]), (&Value::Null, &Value::Null));
}

#[test]
fn the_life_of_a_chooser() {
    let dir = tempfile::tempdir().unwrap();
    let (out, data) = (dir.path().join("mc"), dir.path().join("mc.jsonl"));
    write_choices(&data, 80);
    let found = &json_lines(&mut train("multiple-choice", &out, &data, "16"), "")[0];
    assert!(found["dev"]["accuracy"].as_f64().unwrap() > 0.8, "{found}");
    let measured = &json_lines(using("eval", &out).arg("--data").arg(&data).arg("--json"), "")[0];
    assert_eq!((&measured["accuracy"], &measured["loss"]), (&found["dev"]["accuracy"], &found["dev"]["loss"]));
    // More choices than there ever were.
    let line =
        "{\"context\": \"q\", \"question\": \"r\", \"choices\": [\"c a\", \"c b\", \"c x\", \"c y\", \"c 7\"]}\n";
    let answer = &json_lines(using("predict", &out).args(["--format", "jsonl"]), line)[0];
    assert_eq!((&answer["choice"], &answer["index"]), (&json!("c 7"), &json!(4)), "{answer}");
    let scores: Vec<f64> = answer["scores"].as_array().unwrap().iter().map(|score| score.as_f64().unwrap()).collect();
    assert!(scores.len() == 5 && (scores.iter().sum::<f64>() - 1.0).abs() < 1e-5, "{answer}");
}

#[test]
fn misuse() {
    let dir = tempfile::tempdir().unwrap();
    let (out, data) = (dir.path().join("a"), dir.path().join("a.jsonl"));
    let refused = |task: &str, row: &str| {
        std::fs::write(&data, row).unwrap();
        let (status, said) = fail(&mut train(task, &out, &data, "1"), "");
        assert!(status == 3 && !out.exists(), "{said}");
        said
    };
    let row = |answers: &str| format!("{{\"question\": \"q\", \"context\": \"\u{f6} a\", \"answers\": {answers}}}\n");
    let said = refused("question-answering", &row("[{\"text\": \"a\", \"start\": 3}]"));
    assert!(said.contains("a.jsonl:1:") && said.contains("\"a\" does not stand at 3 but at 2"), "{said}");
    let said = refused("question-answering", &row("\"a\""));
    assert!(said.contains("a.jsonl:1:") && said.contains("\"answers\" is not a list of answers"), "{said}");
    let said = refused("question-answering", "{\"question\": \"q\", \"text\": \"c\", \"answers\": []}\n");
    assert!(said.contains("no \"context\" (its keys: question, text, answers)"), "{said}");
    let said = refused("multiple-choice", "{\"question\": \"q\", \"choices\": [\"x\", \"y\"], \"label\": \"C\"}\n");
    assert!(said.contains("a.jsonl:1:") && said.contains("the label \"C\" is beyond its 2 choices"), "{said}");

    write_questions(&data, 8, false);
    let (status, said) = fail(train("question-answering", &out, &data, "1").args(["--long-texts", "ends"]), "");
    assert!(status == 2 && said.contains("contexts are always read in windows"), "{said}");
    let table = dir.path().join("a.tsv");
    std::fs::write(&table, "question\tcontext\nq\tc\n").unwrap();
    let (status, said) = fail(&mut train("question-answering", &out, &table, "1"), "");
    assert!(status == 3 && said.contains("are read from .jsonl"), "{said}");

    succeed(&mut train("question-answering", &out, &data, "1"), "");
    let (status, said) = fail(&mut using("predict", &out), "a line\n");
    assert!(status == 3 && said.contains("no question with a context") && said.contains("--format"), "{said}");
    let (status, said) = fail(using("predict", &out).args(["--format", "tsv"]), "question\ttext\nq\tc\n");
    assert!(status == 3 && said.contains("no column \"context\"") && said.contains("--context-column"), "{said}");
    let named = ["--format", "tsv", "--context-column", "text"];
    succeed(using("predict", &out).args(named), "question\ttext\nq\tc\n");
}
