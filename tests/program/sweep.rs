//! `graftwork sweep`: runs, resuming, results, and bad grids.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{backbone, fail, file, graftwork, json_lines, run, succeed};

fn data(dir: &Path) -> PathBuf {
    let words = ["win a prize", "see you at noon"];
    let row = |i: usize| format!("{} number {i}\t{}\n", words[i % 2], ["spam", "ham"][i % 2]);
    let path = dir.join("data.tsv");
    fs::write(&path, "text\tlabel\n".to_owned() + &(0..40).map(row).collect::<String>()).unwrap();
    path
}

/// A sweep over some options of two-step trainings.
fn sweep<const N: usize>(out: &Path, data: &Path, vary: [&str; N]) -> Command {
    sweep_on(out, vary, &["--recipe", "standard", "--max-steps", "2"], data)
}

fn sweep_on<const N: usize>(out: &Path, vary: [&str; N], train: &[&str], data: &Path) -> Command {
    let mut command = graftwork(["sweep", "--json", "--out"]);
    command.arg(out);
    for vary in vary {
        command.args(["--vary", vary]);
    }
    command.args(["--seeds", "1,2", "--"]).args(train);
    command.arg("--backbone").arg(backbone()).arg("--train").arg(data).arg("--dev").arg(data);
    command
}

fn lines(out: &Path) -> Vec<Value> {
    let text = fs::read_to_string(out.join("results.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn all_combinations_and_their_winner() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (data(dir.path()), dir.path().join("sweep"));
    let mut command = sweep(&out, &data, ["lr=0,3e-2", "leave-out=none;0"]);
    let told = json_lines(&mut command, "").remove(0);
    let choices = told["choices"].as_array().unwrap();
    assert_eq!((choices.len(), lines(&out).len()), (4, 8));
    assert!(choices.windows(2).all(|pair| pair[0]["mean"].as_f64() >= pair[1]["mean"].as_f64()), "{told}");
    for choice in choices {
        let scores: Vec<f64> = serde_json::from_value(choice["scores"].clone()).unwrap();
        let [a, b] = scores[..] else { panic!("{choice}") };
        assert_eq!(choice["mean"].as_f64().unwrap(), (a + b) / 2.0);
        assert!((choice["spread"].as_f64().unwrap() - (a - b).abs() / 2_f64.sqrt()).abs() < 1e-12);
    }
    // Each result is that of the very run by hand, and the winner's command line gives the winner's bytes.
    let line = told["command"].as_str().unwrap().strip_prefix("graftwork --device cpu ").unwrap();
    assert!(!line.contains('\''), "{line}");
    succeed(&mut graftwork(line.split(' ')), "");
    let adapter = |dir: &Path| fs::read(dir.join("adapter.safetensors")).unwrap();
    assert_eq!(adapter(&out.join("winner")), adapter(Path::new(told["winner"].as_str().unwrap())));
    let name = "lr=3e-2,leave-out=0,seed=2";
    let result = lines(&out).into_iter().find(|line| line["run"] == name).unwrap();
    let mut eval = graftwork(["eval", "--json", "--quiet", "--backbone"]);
    eval.arg(backbone()).arg("--adapter").arg(out.join(name)).arg("--data").arg(&data);
    assert_eq!(json_lines(&mut eval, "").remove(0)["accuracy"], result["score"]);
    let svg = fs::read_to_string(out.join("sweep.svg")).unwrap();
    assert!(svg.matches("<circle").count() == 8 && svg.trim_end().ends_with("</svg>"));

    // Nothing is done again, and more values only add their runs.
    let before = lines(&out);
    let started = fs::metadata(out.join(name).join("adapter.safetensors")).unwrap().modified().unwrap();
    assert_eq!(json_lines(&mut sweep(&out, &data, ["lr=0,3e-2", "leave-out=none;0"]), "").remove(0), told);
    let more = json_lines(&mut sweep(&out, &data, ["lr=0,3e-2,1e-2", "leave-out=none;0"]), "").remove(0);
    assert_eq!((more["choices"].as_array().unwrap().len(), lines(&out).len()), (6, 12));
    assert_eq!(lines(&out)[..8], before);
    assert_eq!(fs::metadata(out.join(name).join("adapter.safetensors")).unwrap().modified().unwrap(), started);
    // For people.
    let mut command = sweep(&out, &data, ["lr=0,3e-2", "leave-out=none;0"]);
    let arguments: Vec<_> =
        command.get_args().filter(|argument| *argument != "--json").map(ToOwned::to_owned).collect();
    command = Command::new(command.get_program());
    let text = succeed(command.args(arguments), "");
    assert!(
        text.contains("(dev accuracy)") && text.contains("lr    leave-out  ") && text.contains("graftwork "),
        "{text}"
    );
}

#[test]
fn some_at_random() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (data(dir.path()), dir.path().join("sweep"));
    let mut command = graftwork(["sweep", "--json", "--quiet", "--trials", "3", "--seed", "5", "--out"]);
    command.arg(&out).args([
        "--vary",
        "lr=1e-4..1e-1",
        "--vary",
        "batch-size=2..9",
        "--vary",
        "no-shuffle=on,off",
        "--",
    ]);
    command.args(["--recipe", "standard", "--max-steps", "1", "--backbone"]).arg(backbone());
    let told = json_lines(command.arg("--train").arg(&data).arg("--dev").arg(&data), "").remove(0);
    assert_eq!(told["choices"].as_array().unwrap().len(), 3);
    for line in lines(&out) {
        let config = fs::read(out.join(line["run"].as_str().unwrap()).join("adapter_config.json")).unwrap();
        let config: Value = serde_json::from_slice(&config).unwrap();
        let (training, values) = (&config["graftwork"]["training"], &line["values"]);
        let number = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
        assert_eq!(training["lr"].as_f64().unwrap(), number(&values["lr"]));
        assert_eq!(training["batch_size"].as_f64().unwrap(), number(&values["batch-size"]));
        assert_eq!(training["shuffle"], values["no-shuffle"] == "off");
        assert_eq!(line["seed"], Value::Null);
    }
}

/// One of two runs diverges: the other wins, and the same command tries it again.
#[test]
fn a_run_that_fails() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (data(dir.path()), dir.path().join("sweep"));
    let mut command =
        sweep_on(&out, ["lr=1e-3,1e38"], &["--recipe", "standard", "--epochs", "4", "--clip", "none"], &data);
    let told = json_lines(&mut command, "").remove(0);
    assert_eq!((told["choices"].as_array().unwrap().len(), told["failed"].as_array().unwrap().len()), (1, 2), "{told}");
    assert!(told["failed"][0]["why"].as_str().unwrap().contains("lower the learning rate"), "{told}");
    let (status, messages) = fail(
        &mut sweep_on(&dir.path().join("all"), ["lr=1e38"], &["--recipe", "standard", "--clip", "none"], &data),
        "",
    );
    assert!(
        status == 1 && messages.contains("every run failed") && messages.contains("lower the learning rate"),
        "{messages}"
    );
}

#[test]
fn bad_grids() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (data(dir.path()), dir.path().join("sweep"));
    for (vary, message) in [
        ("lr", "--vary lr has no values"),
        ("lr=1e-3,fast", "must be a number from 0 on"),
        ("learning-rate=1", "unexpected argument '--learning-rate'"),
        ("lr=1e-4..1e-2", "--trials"),
        ("rank=4,8", "means nothing to the method"),
        ("max-steps=1,2", "cannot be used multiple times"),
        ("seed=1,2", "--seeds"),
        ("out=a,b", "cannot be used multiple times"),
        ("lr=1,1", "1 twice"),
        ("no-shuffle=yes", "no-shuffle"),
    ] {
        let (status, messages) = fail(&mut sweep(&out, &data, [vary]), "");
        assert!(status == 2 && messages.contains(message), "{vary}: {messages}");
        assert!(!out.exists(), "{vary}");
    }
    let (status, messages) = fail(&mut sweep_on(&out, ["lr=1"], &["--log", "x"], &data), "");
    assert!(status == 2 && messages.contains("--log"), "{messages}");
    let (status, messages) = fail(&mut sweep(&out, Path::new("nowhere.tsv"), ["lr=1"]), "");
    assert!(status == 3 && messages.contains("nowhere.tsv") && messages.contains("cannot begin"), "{messages}");
    // Another sweep's directory, and a file that is none.
    succeed(&mut sweep(&out, &data, ["lr=1e-3"]), "");
    let (status, messages) =
        fail(&mut sweep_on(&out, ["lr=1e-3"], &["--recipe", "standard", "--max-steps", "3"], &data), "");
    assert!(status == 2 && messages.contains("other options"), "{messages}");
    fs::write(out.join("results.jsonl"), "{}\n").unwrap();
    let (status, messages) = fail(&mut sweep(&out, &data, ["lr=1e-3"]), "");
    assert!(status == 3 && messages.contains("results.jsonl:1: "), "{messages}");
}

/// Ctrl-C goes to the sweep and its run, as from a terminal; then the same command ends what was begun.
#[cfg(unix)]
#[test]
fn an_interrupted_sweep_goes_on() {
    use std::os::unix::process::CommandExt;
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("sweep");
    let command = |out: &Path| {
        let mut command = graftwork(["sweep", "--quiet", "--json", "--vary", "lr=1e-3,3e-3", "--out"]);
        command.arg(out).args(["--", "--epochs", "2", "--checkpoint-every", "2", "--backbone"]).arg(backbone());
        command.arg("--train").arg(file("data/sms-spam/dev.tsv.gz")).arg("--dev").arg(file("data/sms-spam/dev.tsv.gz"));
        command
    };
    let mut first = command(&out);
    let child = first.stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0).spawn().unwrap();
    let (started, checkpoint) = (Instant::now(), out.join("lr=3e-3").join("checkpoint.safetensors"));
    while !checkpoint.exists() {
        assert!(started.elapsed() < Duration::from_secs(120), "no checkpoint of the second run");
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-INT", "--", &format!("-{}", child.id())]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let messages = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{messages}");
    assert!(messages.contains("interrupted in run 2 of 2") && messages.contains("goes on from there"), "{messages}");
    assert_eq!(lines(&out).len(), 1);
    assert!(checkpoint.exists());

    let whole = dir.path().join("whole");
    assert!(run(&mut command(&out), "").status.success() && run(&mut command(&whole), "").status.success());
    let adapter = |out: &Path| fs::read(out.join("lr=3e-3").join("adapter.safetensors")).unwrap();
    assert_eq!(adapter(&out), adapter(&whole));
    assert_eq!(lines(&out)[1]["score"], lines(&whole)[1]["score"]);
}
