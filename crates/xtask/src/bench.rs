//! `cargo xtask bench`: hands its words to the benchmark program of the tests.

use anyhow::Result;

use crate::{model, peers, shell};

/// Options of `cargo xtask bench`.
#[derive(clap::Args)]
pub struct Args {
    /// Measure other libraries as well, in turns; `cargo xtask bench --peers -- --help` lists the options
    #[arg(long)]
    peers: bool,
    /// Words for the benchmark; `cargo xtask bench -- --help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Runs `cargo xtask bench`.
pub fn run(args: &Args) -> Result<()> {
    if args.peers {
        return peers::run(&args.words);
    }
    model::ensure()?;
    shell::run(shell::command(shell::program("bench")?).args(&args.words))
}
