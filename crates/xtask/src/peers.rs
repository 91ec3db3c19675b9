//! `cargo xtask bench --peers`: graftwork beside its peers, in the browser and natively.
//!
//! What is missing here, Python or a browser, is said in the result; everything else is measured.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Parser;

use crate::{model, paths, shell, system, wasm, web};

/// Options of `cargo xtask bench --peers`.
#[derive(Parser)]
#[command(name = "cargo xtask bench --peers", no_binary_name = true)]
struct Args {
    /// Turns of everybody
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Only those whose place and name contain all of some words: `native q8, jax wasm`
    #[arg(long, value_name = "WORDS,WORDS", default_value = "")]
    only: String,
    /// Numbers of threads of those that take one
    #[arg(long, value_name = "N,N", default_value = "1,2")]
    threads: String,
    /// Where `peers.json` and `peers.html` go. Default: `peers` in the build folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// A Python that has `tests/bench/peers/requirements.txt`. Default: one in the cache, made when it is first wanted
    #[arg(long, value_name = "FILE")]
    python: Option<PathBuf>,
    /// The machine's GPU for WebGPU, instead of a software one
    #[arg(long)]
    hardware_gpu: bool,
    /// Take the npm package and the benchmark program as they were built last
    #[arg(long)]
    no_build: bool,
}

/// Runs `cargo xtask bench --peers`.
pub fn run(words: &[String]) -> Result<()> {
    let args = Args::parse_from(words);
    system::node()?;
    let here = paths::root().join("tests/bench/peers");
    let backbone = model::ensure()?;
    if !args.no_build {
        system::ensure()?;
        web::build(&wasm::toolchain()?)?;
        shell::program("bench")?;
    }
    for folder in [&here, &paths::root().join("tests/browser")] {
        let words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        shell::run(shell::npm(folder).args(words))?;
    }
    let python = match args.python {
        Some(named) => {
            ensure!(named.is_file(), "there is no file {}. Next: name a Python by its path", named.display());
            Some(named)
        }
        None => or_said("Python's peers", environment(&here)),
    };
    let exported = python.as_deref().and_then(|python| or_said("the ONNX file", export(&here, python, &backbone)));

    let mut node = shell::command("node");
    node.arg(here.join("run.mjs"));
    node.arg("--model").arg(exported.unwrap_or(backbone));
    node.arg("--out").arg(args.out.unwrap_or_else(|| paths::target().join("peers")));
    node.args(["--rounds", &args.rounds.to_string(), "--threads", &args.threads, "--only", &args.only]);
    node.args(["--gpu", if args.hardware_gpu { "hardware" } else { "software" }]);
    let programs =
        [("--chromium", system::chromium()), ("--python", python), ("--program", Some(paths::program("bench")))];
    for (name, found) in programs {
        if let Some(path) = found.filter(|path| path.is_file()) {
            node.arg(name).arg(path);
        }
    }
    shell::run(&mut node)
}

/// The tests of its statistics, and of what tells a wrong computation.
pub fn test() -> Result<()> {
    let here = paths::root().join("tests/bench/peers");
    let tests = ["stats.test.mjs", "check.test.mjs"].map(|file| here.join(file));
    shell::run(shell::command("node").arg("--test").args(tests))
}

/// What is there, or `None` after saying why it is not: the others are measured all the same.
fn or_said(what: &str, made: Result<PathBuf>) -> Option<PathBuf> {
    made.inspect_err(|error| eprintln!("{what}: not measured: {error:#}")).ok()
}

/// A virtual environment in the cache with the pinned packages.
fn environment(here: &Path) -> Result<PathBuf> {
    let dir = paths::cache()?.join("peers-python");
    let python = dir.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    shell::run(shell::command("python3").args(["-m", "venv"]).arg(&dir))?;
    let mut pip = shell::command(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    shell::run(pip.arg(here.join("requirements.txt")))?;
    Ok(python)
}

/// The backbone as ONNX Runtime wants it, beside its own files: made once.
fn export(here: &Path, python: &Path, backbone: &Path) -> Result<PathBuf> {
    let out = paths::target().join("peers/model");
    if !out.join("onnx/model_quantized.onnx").is_file() {
        shell::run(shell::command(python).arg(here.join("export.py")).arg(backbone).arg(&out))?;
    }
    Ok(out)
}
