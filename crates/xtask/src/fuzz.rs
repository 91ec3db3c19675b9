//! `cargo xtask fuzz`: hostile input for the parsers, for as long as one likes.
//!
//! The parsers are compiled for it with LLVM's counters, so that inputs which reach new code are kept, and with checks of
//! arithmetic. Cargo has no setting for some crates of the workspace alone, but calls a wrapper around rustc where it is
//! told to: that is this program.

use std::env;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::shell;

/// Set where this program is called as the wrapper.
const WRAPPING: &str = "GRAFTWORK_FUZZ_WRAPPER";
/// The crates that parse.
const CRATES: [&str; 4] = ["graftwork_formats", "graftwork_text", "graftwork_model", "graftwork_train"];
/// Stable code generation options, all of them.
const FLAGS: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=3",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Coverflow-checks=on",
    "-Cdebug-assertions=on",
];

/// Options of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub struct Args {
    /// Words for the fuzzer: parts of parsers' names, `--seconds N` for each, `--seed N`, `--input FILE`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Runs `cargo xtask fuzz`.
pub fn run(args: &Args) -> Result<()> {
    let this = env::current_exe().context("this program's own path")?;
    let mut cargo = shell::cargo("run --release --package graftwork-fuzz --");
    cargo.args(&args.words).env("RUSTC_WORKSPACE_WRAPPER", this).env(WRAPPING, "1");
    shell::run(&mut cargo)
}

/// Runs rustc, if this program was called to do that.
pub fn wrap() -> Option<ExitCode> {
    env::var_os(WRAPPING)?;
    let mut words = env::args_os().skip(1);
    let mut rustc = Command::new(words.next()?);
    let words: Vec<_> = words.collect();
    let names = words.windows(2).filter(|pair| pair[0] == "--crate-name");
    if names.into_iter().any(|pair| CRATES.iter().any(|name| pair[1] == *name)) {
        rustc.args(FLAGS);
    }
    let status = rustc.args(&words).status();
    Some(if status.is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
