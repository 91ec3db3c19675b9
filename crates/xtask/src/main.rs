//! What a contributor types: `cargo xtask demo`, `test`, `check`, `bench`, `model`.
//!
//! Every command gets what it needs first, or names the exact command that does.

mod bench;
mod browser;
mod check;
mod demo;
mod fuzz;
mod model;
mod npm;
mod paths;
mod peers;
mod settings;
mod shell;
mod stages;
mod system;
mod test;
mod wasm;
mod web;
mod www;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The one entry to graftwork's house: get the model, run the demo, pass the tests.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the application and serve it on this machine, with the default backbone
    Demo(demo::Args),
    /// Set up what is missing, then run every check and test (this is what CI runs)
    Test(test::Args),
    /// Formatting, clippy, documentation and shader validation
    Check,
    /// Feed changed files to every parser until one fails, or for as long as it is told
    Fuzz(fuzz::Args),
    /// Write what comes from the tables of options: the npm package's types, `SETTINGS.md`, the table in `web/README.md`
    Settings,
    /// Measure GFLOP/s per op and milliseconds per forward and training step
    Bench(bench::Args),
    /// Get the default backbone into the user's cache, verified by SHA-256
    Model(model::Args),
    /// Set up the wasm32 toolchain, wasm-bindgen and wasm-pack; print how to use them
    Wasm,
    /// Run one training step in headless Chromium on WebGPU and compare it with the native one
    Browser,
    /// Build the npm package, test it in headless Chromium, and in fresh Vite, webpack and plain projects
    Web,
    /// Build the npm package's tarball and its API documentation
    Npm,
}

fn main() -> ExitCode {
    if let Some(exit) = fuzz::wrap() {
        return exit;
    }
    let done = match Cli::parse().command {
        Command::Demo(args) => demo::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Check => check::run(),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Settings => settings::run(),
        Command::Bench(args) => bench::run(&args),
        Command::Model(args) => model::run(&args),
        Command::Wasm => wasm::run(),
        Command::Browser => browser::run(),
        Command::Web => web::run(),
        Command::Npm => web::npm(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
