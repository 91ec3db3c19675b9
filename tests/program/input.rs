//! Data in every form, from files and from standard input.

use std::path::Path;

use crate::{backbone, fail, file, graftwork, json_lines, run, succeed, train};

/// The files in a folder, sorted.
pub fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const ROWS: [(&str, &str); 4] = [("no", "never \"ever\""), ("yes", "a, b"), ("yes", "c"), ("no", "d")];

#[test]
fn the_same_data_in_every_format() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let tsv = ROWS.map(|(y, x)| format!("{y}\t{x}\n")).concat();
    let csv = ROWS.map(|(y, x)| format!("{y},\"{}\"\n", x.replace('"', "\"\""))).concat();
    let jsonl = ROWS.map(|(y, x)| serde_json::json!({"sentence": x, "y": y}).to_string() + "\n").concat();
    let paths = [
        write("a.tsv", format!("y\tsentence\n{tsv}")),
        write("a.csv", format!("y,sentence\n{csv}")),
        write("a.jsonl", jsonl),
    ];
    let mut adapters = Vec::new();
    for path in &paths {
        let out = path.with_extension("out");
        let mut command = graftwork(["train", "--quiet", "--max-steps", "2", "--batch-tokens", "20", "--text-column"]);
        command.args(["sentence", "--label-column", "y", "--labels", "yes,no", "--backbone"]).arg(backbone());
        succeed(command.arg("--train").arg(path).arg("--dev").arg(path).arg("--out").arg(&out), "");
        adapters.push(std::fs::read(out.join("adapter.safetensors")).unwrap());
    }
    assert!(adapters.iter().all(|bytes| *bytes == adapters[0]));

    let mut eval = graftwork(["eval", "--json", "--quiet", "--text-column", "sentence", "--label-column", "y"]);
    eval.args(["--data", "-", "--format", "tsv", "--backbone"]).arg(backbone());
    let found = json_lines(eval.arg("--adapter").arg(dir.path().join("a.out")), &format!("y\tsentence\n{tsv}"));
    assert_eq!((&found[0]["labels"], &found[0]["examples"]), (&vec!["yes", "no"].into(), &4.into()));
}

#[test]
fn texts_from_files_and_pipes() {
    let dir = tempfile::tempdir().unwrap();
    let embed = |input: &Path, options: &[&str], stdin: &str| -> Vec<String> {
        let mut command = graftwork(["embed", "--quiet", "--backbone"]);
        command.arg(backbone()).arg("--input").arg(input).args(options);
        json_lines(&mut command, stdin).iter().map(|line| line["text"].as_str().unwrap().to_owned()).collect()
    };
    let jsonl = "{\"text\": \"one\"}\n{\"text\": \"two\", \"label\": 3}\n";
    assert_eq!(embed(Path::new("-"), &[], "one\r\n\ntwo"), ["one", "", "two"]);
    assert_eq!(embed(Path::new("-"), &["--format", "jsonl"], jsonl), ["one", "two"]);
    let path = dir.path().join("a.jsonl");
    std::fs::write(&path, jsonl).unwrap();
    assert_eq!(embed(&path, &[], ""), ["one", "two"]);
    assert_eq!(embed(&file("data/sms-spam/test.tsv.gz"), &["--max-length", "8"], "").len(), 1045);
    assert!(embed(Path::new("-"), &[], "").is_empty());
}

#[test]
fn bad_rows_are_named_with_file_and_line() {
    let dir = tempfile::tempdir().unwrap();
    let bad = dir.path().join("bad.tsv");
    std::fs::write(&bad, "label\ttext\nham\ta\n\nspam\nham\tb\tc\n").unwrap();
    let out = dir.path().join("out");
    let mut command = graftwork(["train", "--backbone"]);
    command.arg(backbone()).arg("--train").arg(&bad).arg("--dev").arg(&bad).arg("--out").arg(&out);
    let (status, messages) = fail(&mut command, "");
    assert_eq!(status, 3);
    assert!(messages.contains("bad.tsv:4: 1 column") && messages.contains("bad.tsv:5: 3 columns"), "{messages}");
    assert!(!out.exists(), "nothing is written before the data is known to be good");

    std::fs::write(&bad, "label\ttext\neggs\ta\n").unwrap();
    let (status, messages) = fail(train(&out, 1).arg("--test").arg(&bad), "");
    assert_eq!(status, 3);
    assert!(messages.contains("bad.tsv:2: unknown label \"eggs\" (known: ham, spam)"), "{messages}");
    assert!(messages.contains("name all with --labels"), "{messages}");

    std::fs::write(&bad, "sentiment\ttext\nham\ta\n").unwrap();
    let (_, messages) = fail(train(&out, 1).arg("--test").arg(&bad), "");
    assert!(messages.contains("hint: name it with --label-column"), "{messages}");
}

#[test]
fn good_rows_before_a_bad_one_are_answered() {
    let mut command = graftwork(["embed", "--quiet", "--format", "jsonl", "--backbone"]);
    let rows = "{\"text\": \"x\"}\n".repeat(200);
    let output = run(command.arg(backbone()), &format!("{rows}{{\"text\": 1}}\n"));
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(output.stdout.split(|byte| *byte == b'\n').count() - 1, 128, "the chunk before the bad row's");
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard input:201:"));
}

#[test]
fn quiet_is_quiet() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(train(&dir.path().join("out"), 1).args(["--max-steps", "2", "--quiet", "--json"]), "");
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
