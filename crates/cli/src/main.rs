//! The program `graftwork`: trains adapters on a frozen backbone of the BERT family, and runs them.

mod args;
mod commands;
mod engine;
mod failure;
mod input;
mod interrupt;
mod notes;
mod output;
mod progress;
mod report;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};

fn main() -> ExitCode {
    let Cli { command, common } = Cli::parse();
    let done = match command {
        Command::Train(args) => commands::train::run(&args, &common),
        Command::Pretrain(args) => commands::pretrain::run(&args, &common),
        Command::Sweep(args) => commands::sweep::run(&args, &common),
        Command::Eval(args) => commands::eval::run(&args, &common),
        Command::Predict(args) => commands::predict::run(&args, &common),
        Command::Embed(args) => commands::embed::run(&args, &common),
        Command::Merge(args) => commands::merge::run(&args, &common),
        Command::Quantize(args) => commands::quantize::run(&args, &common),
        Command::Inspect(args) => commands::inspect::run(&args, &common),
        Command::Devices => commands::devices::run(&common),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            failure.code()
        }
    }
}
