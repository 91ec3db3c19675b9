//! `cargo xtask fuzz`: hostile input for the parsers, for as long as one likes.

use anyhow::Result;

use crate::shell;

/// Options of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub struct Args {
    /// Words for the fuzzer: parts of parsers' names, `--seconds N` for each, `--seed N`, `--input FILE`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Runs `cargo xtask fuzz`.
pub fn run(args: &Args) -> Result<()> {
    shell::run(shell::cargo("run --release --package graftwork-fuzz --").args(&args.words))
}
