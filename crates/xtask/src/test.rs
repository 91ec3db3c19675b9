//! `cargo xtask test`: the one command that passes on a fresh machine.

use anyhow::Result;

use crate::stages::Stages;
use crate::{browser, check, model, npm, peers, shell, system, wasm, web, www};

/// Options of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Args {
    /// Leave out what is built for wasm32 and run in a browser
    #[arg(long)]
    native_only: bool,
    /// Words for `cargo test`, such as a test's name
    #[arg(last = true)]
    words: Vec<String>,
}

/// Runs `cargo xtask test`.
pub fn run(args: &Args) -> Result<()> {
    let mut stages = Stages::default();
    // Without these nothing after them can work, so the run ends here.
    let ready =
        stages.stage("system packages", system::ensure) && stages.stage("backbone", || model::ensure().map(drop));
    if !ready {
        return stages.finish();
    }
    check::all(&mut stages);
    stages.stage("tests", || tests(&args.words));
    if !args.native_only {
        stages.stage("bench statistics", peers::test);
        let mut toolchain = None;
        stages.stage("wasm toolchain", || {
            toolchain = Some(wasm::toolchain()?);
            Ok(())
        });
        if let Some(toolchain) = toolchain {
            stages.stage("browser", || browser::test(&toolchain));
            // The tarball is of what the stage before has built.
            let built = stages.stage("npm package", || web::test(&toolchain));
            if built {
                stages.stage("consumers", npm::consumers);
                stages.stage("page", www::test);
            }
        }
    }
    stages.finish()
}

fn tests(words: &[String]) -> Result<()> {
    let mut cargo = shell::cargo("test --release --workspace --no-fail-fast");
    cargo.args(words).envs(system::test_adapters());
    shell::run(&mut cargo)
}
