//! The npm package: building it, testing it in headless Chromium, packing it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::wasm::{self, Pack, Toolchain};
use crate::{paths, shell, system};

/// Runs `cargo xtask web`.
pub fn run() -> Result<()> {
    system::ensure()?;
    test(&wasm::toolchain()?)
}

/// Runs `cargo xtask npm`: the package's tarball in the build folder.
pub fn npm() -> Result<()> {
    system::ensure()?;
    build(&wasm::toolchain()?)?;
    let dir = folder();
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        fs::copy(paths::root().join(licence), dir.join(licence))?;
    }
    shell::run(shell::npm(&dir).args(["pack", "--loglevel=error", "--pack-destination"]).arg(paths::target()))?;
    eprintln!("the tarball is in {}", paths::target().display());
    Ok(())
}

/// Builds the package into `web/dist`.
pub fn build(toolchain: &Toolchain) -> Result<()> {
    let dir = folder();
    shell::run(shell::npm(&dir).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    let module = dir.join("src/wasm");
    let package = paths::root().join("crates/web");
    let pack =
        Pack { package: &package, out: &module, name: "graftwork_web", profile: "web", level: "-Oz", typescript: true };
    wasm::pack(toolchain, &pack, &dir.join("node_modules"))?;
    shell::run(shell::npm(&dir).args(["run", "build", "--loglevel=error"]))
}

/// Builds the package and runs it in headless Chromium.
pub fn test(toolchain: &Toolchain) -> Result<()> {
    let chromium = system::chromium()
        .context("no Chromium found. Next: install Chromium or Chrome, or set GRAFTWORK_CHROMIUM to it")?;
    build(toolchain)?;
    let mut program = shell::cargo("build --release --package graftwork-cli");
    shell::run(&mut program)?;
    // What drives the browser is the other test's.
    let browser = paths::root().join("tests/browser");
    shell::run(shell::npm(&browser).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    let mut node = shell::command("node");
    let program = paths::target().join(format!("release/graftwork{}", std::env::consts::EXE_SUFFIX));
    node.arg(paths::root().join("tests/web/run.mjs")).arg(&chromium).arg(program);
    shell::run(&mut node)
}

fn folder() -> PathBuf {
    paths::root().join("web")
}
