//! The program `graftwork` as scripts meet it: its interface is a contract.

mod architectures;
mod few_examples;
mod heads;
mod input;
#[cfg(unix)]
mod interruptions;
mod knowledge;
mod long_texts;
mod merging;
mod misuse;
#[cfg(unix)]
mod out_dir;
mod phases;
mod quantizing;
mod questions;
mod results;
mod sweep;
mod tagging;
mod texts;
mod words;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A file of the repository's `tests` folder.
fn file(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests")).join(name)
}

/// A tiny random BERT: two layers of width 64.
fn backbone() -> PathBuf {
    file("golden/tiny-bert")
}

/// The program, on the CPU.
fn graftwork<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_graftwork"));
    command.args(["--device", "cpu"]).args(arguments);
    command
}

/// `graftwork train` on real text messages with a fresh adapter.
fn train(out: &Path, epochs: u32) -> Command {
    train_with_dev(out, epochs, &file("data/sms-spam/dev.tsv.gz"))
}

/// The same measured on other data.
fn train_with_dev(out: &Path, epochs: u32, dev: &Path) -> Command {
    train_on(&backbone(), out, epochs, dev)
}

/// The same on another backbone.
fn train_on(backbone: &Path, out: &Path, epochs: u32, dev: &Path) -> Command {
    let mut command = graftwork(["train", "--lr", "3e-3", "--epochs", &epochs.to_string()]);
    command.arg("--backbone").arg(backbone).arg("--out").arg(out);
    command.arg("--train").arg(file("data/sms-spam/train.tsv.gz"));
    command.arg("--dev").arg(dev);
    command
}

/// Runs to the end, with `input` on standard input.
fn run(command: &mut Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // A program that ends without reading closes the pipe: no matter.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    child.wait_with_output().expect("the program ends")
}

/// What a successful run printed.
fn succeed(command: &mut Command, input: &str) -> String {
    let output = run(command, input);
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The lines of JSON that a successful run printed.
fn json_lines(command: &mut Command, input: &str) -> Vec<Value> {
    let text = succeed(command, input);
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

/// Exit status and messages of an unsuccessful run.
fn fail(command: &mut Command, input: &str) -> (i32, String) {
    let output = run(command, input);
    let messages = String::from_utf8(output.stderr).expect("UTF-8");
    (output.status.code().expect("an exit status"), messages)
}
