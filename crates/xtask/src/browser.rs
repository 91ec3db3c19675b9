//! The browser test: the same work natively and in headless Chromium on WebGPU.

use anyhow::{Context, Result};

use crate::wasm::{self, Pack, Simd, Toolchain};
use crate::{paths, shell, system};

/// Runs `cargo xtask browser`.
pub fn run() -> Result<()> {
    system::ensure()?;
    test(&wasm::toolchain()?)
}

/// Builds the page, makes the native result, compares.
pub fn test(toolchain: &Toolchain) -> Result<()> {
    let dir = paths::root().join("tests/browser");
    let native_answer = paths::target().join("browser-test.json");
    let chromium = system::chromium()
        .context("no Chromium found. Next: install Chromium or Chrome, or set GRAFTWORK_CHROMIUM to it")?;

    let mut native = shell::command(shell::program("native")?);
    native.arg(paths::root().join("tests/golden")).arg(&native_answer);
    shell::run(&mut native)?;

    shell::run(shell::npm(&dir).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    let out = dir.join("pkg");
    let name = "graftwork_browser_test";
    // With the package's profile, so that both are made of crates that are compiled once.
    let (profile, simd) = ("web", Simd::Basic);
    let pack = Pack { package: &dir, out: &out, name, profile, simd, optimised: None, typescript: false };
    wasm::pack(toolchain, &[pack])?;

    let mut page = shell::command("node");
    page.arg(dir.join("run.mjs")).arg(&native_answer).arg(&chromium);
    shell::run(&mut page)
}
