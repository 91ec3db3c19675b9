//! `cargo xtask demo --terminal`: the main job with the program a user has.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Args;
use crate::{model, paths, shell};

/// Two of the kind that the training data calls spam, and one that it does not.
const SENTENCES: [&str; 3] = [
    "WINNER!! Claim your free prize now, call 09061701461 before midnight",
    "URGENT! Your mobile number was awarded a 2000 pound bonus, text CLAIM to 87121",
    "Running ten minutes late, can you order me a coffee?",
];

/// Trains an adapter, measures it and asks it about three sentences.
pub fn run(args: &Args) -> Result<()> {
    let backbone = model::ensure()?;
    shell::run(&mut shell::cargo("build --release --package graftwork-cli"))?;
    let program = paths::target().join("release").join(format!("graftwork{}", std::env::consts::EXE_SUFFIX));
    let out = args.out.clone().unwrap_or_else(|| paths::target().join("demo/sms-spam"));
    if args.out.is_none() && out.exists() {
        // The demo's own folder: each run starts anew.
        fs::remove_dir_all(&out).with_context(|| format!("cannot remove {}", out.display()))?;
    }

    println!("\nTraining an adapter on 3,599 text messages: spam or ham?");
    let report = train(&program, &backbone, &out, args)?;
    let seconds = report["train_seconds"].as_f64().unwrap_or(f64::NAN);
    let (accuracy, f1) = (&report["test"]["accuracy"], &report["test"]["macro_f1"]);
    println!("\ntrained in {seconds:.0} s; on 1,045 messages it never saw:");
    println!("  accuracy {:.2} %", 100.0 * number(accuracy)?);
    println!("  macro F1 {:.4}", number(f1)?);

    println!("\nThree sentences:");
    for line in predict(&program, &backbone, &out, args)?.lines() {
        let row: Value = serde_json::from_str(line).context("predict printed no JSON")?;
        let (label, text) = (row["label"].as_str().unwrap_or("?"), row["text"].as_str());
        let score = number(&row["scores"][label])?;
        println!("  {label:4} {:5.1} %  {}", 100.0 * score, text.unwrap_or_default());
    }

    let stock = fs::metadata(backbone.join("model.safetensors"))?.len();
    let graft = weights(&out)?;
    println!(
        "\nThe backbone has {}, the adapter with its head {} ({:.1} %).",
        size(stock),
        size(graft),
        100.0 * graft as f64 / stock as f64
    );
    println!("{} parameters were trained. The adapter is in {}.", report["trainable_parameters"], out.display());
    Ok(())
}

fn train(program: &Path, backbone: &Path, out: &Path, args: &Args) -> Result<Value> {
    let data = paths::root().join("tests/data/sms-spam");
    let mut train = shell::command(program);
    train.args(["train", "--json", "--device", &args.device, "--backbone"]).arg(backbone);
    for part in ["train", "dev", "test"] {
        train.arg(format!("--{part}")).arg(data.join(format!("{part}.tsv.gz")));
    }
    // One epoch must be enough to convince: a higher rate than for a long run.
    train.args(["--method", "double_seq_bn", "--lr", "1e-3", "--batch-size", "32", "--seed", "1"]);
    train.args(["--epochs", &args.epochs.to_string(), "--out"]).arg(out);
    let report = shell::capture(&mut train)?;
    serde_json::from_str(report.trim()).context("train printed no JSON")
}

fn predict(program: &Path, backbone: &Path, adapter: &Path, args: &Args) -> Result<String> {
    let mut predict = shell::command(program);
    predict.args(["predict", "--json", "--quiet", "--device", &args.device, "--backbone"]);
    predict.arg(backbone).arg("--adapter").arg(adapter).args(["--input", "-"]);
    let mut child = predict.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().context("predict has no stdin")?;
    input.write_all(SENTENCES.join("\n").as_bytes())?;
    // Closes the pipe: predict reads to the end before it answers.
    drop(input);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "predict failed ({})", output.status);
    String::from_utf8(output.stdout).context("predict printed no UTF-8")
}

fn number(value: &Value) -> Result<f64> {
    value.as_f64().with_context(|| format!("expected a number, got {value}"))
}

/// Bytes of the adapter's and the head's weights.
fn weights(dir: &Path) -> Result<u64> {
    let names = ["adapter.safetensors", "model_head.safetensors"];
    let bytes = names.map(|name| fs::metadata(dir.join(name)).map_or(0, |meta| meta.len()));
    ensure!(bytes[0] > 0, "no adapter.safetensors in {}", dir.display());
    Ok(bytes.iter().sum())
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
