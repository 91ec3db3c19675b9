//! The browser test: the same work natively and in headless Chromium on WebGPU.

use anyhow::{Context, Result};

use crate::wasm::{self, Toolchain};
use crate::{paths, shell, system};

/// What the compiler assumes of a WebAssembly engine; wasm-opt must be told.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

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

    // Native: shares the workspace's build folder and so most of its built dependencies.
    let mut native = shell::cargo("run --release --bin native --manifest-path");
    native.arg(dir.join("Cargo.toml")).arg("--");
    native.arg(paths::root().join("tests/golden")).arg(&native_answer);
    native.env("CARGO_TARGET_DIR", paths::target());
    shell::run(&mut native)?;

    let mut pack = shell::command("wasm-pack");
    // no-install: the wasm-bindgen on PATH is the pinned one, nothing else is to be downloaded.
    pack.args(["build", "--target", "web", "--release", "--no-typescript", "--no-pack"]);
    pack.args(["--mode", "no-install", "--out-dir", "pkg"]).arg(&dir);
    pack.env("CARGO_TARGET_DIR", paths::target().join("wasm")).envs(toolchain.env.clone());
    shell::run(&mut pack)?;

    shell::run(shell::npm(&dir).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    // What users get is optimised, so that is what is tested. The npm package carries the program; Debian's is too old
    // for what the compiler emits.
    let module = dir.join("pkg/graftwork_browser_test_bg.wasm");
    let mut optimise = shell::command("node");
    optimise.arg(dir.join("node_modules/binaryen/bin/wasm-opt")).arg("-O2").args(FEATURES);
    optimise.arg(&module).arg("-o").arg(&module);
    shell::run(&mut optimise)?;

    let mut page = shell::command("node");
    page.arg(dir.join("run.mjs")).arg(&native_answer).arg(&chromium);
    shell::run(&mut page)
}
