//! The npm package: building it, testing it in headless Chromium, packing it.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::wasm::{self, Pack, Toolchain};
use crate::{npm, paths, shell, system};

/// Runs `cargo xtask web`.
pub fn run() -> Result<()> {
    system::ensure()?;
    test(&wasm::toolchain()?)?;
    npm::consumers()
}

/// Runs `cargo xtask npm`: the package's tarball in the build folder.
pub fn npm() -> Result<()> {
    system::ensure()?;
    build(&wasm::toolchain()?)?;
    eprintln!("packed {}; its API documentation is in {}", npm::pack()?.display(), folder().join("docs").display());
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
    shell::run(shell::npm(&dir).args(["run", "build", "--loglevel=error"]))?;
    npm::provenance(toolchain)
}

/// Builds the package and runs it in headless Chromium.
pub fn test(toolchain: &Toolchain) -> Result<()> {
    let chromium = chromium()?;
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

/// The browser to test in.
pub fn chromium() -> Result<PathBuf> {
    system::chromium().context("no Chromium found. Next: install Chromium or Chrome, or set GRAFTWORK_CHROMIUM to it")
}

/// The package's folder.
pub fn folder() -> PathBuf {
    paths::root().join("web")
}
