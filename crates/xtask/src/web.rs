//! The npm package: building it, testing it in headless Chromium, packing it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::wasm::{self, Pack, Simd, Toolchain};
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
    modules(toolchain, &dir)?;
    shell::run(shell::npm(&dir).args(["run", "build", "--loglevel=error"]))?;
    npm::provenance(toolchain)
}

/// Builds the module twice: a page loads the one with relaxed SIMD where that is known, through the same JavaScript.
fn modules(toolchain: &Toolchain, dir: &Path) -> Result<()> {
    let (package, name) = (paths::root().join("crates/web"), "graftwork_web");
    let (node_modules, simd) = (dir.join("node_modules"), Simd::Basic);
    let optimised = Some(("-Oz", &*node_modules));
    let (basic, relaxed) = (dir.join("src/wasm"), paths::target().join("wasm-relaxed/package"));
    let one = Pack { package: &package, out: &basic, name, profile: "web", simd, optimised, typescript: true };
    let other = Pack { out: &relaxed, simd: Simd::Relaxed, ..one };
    wasm::pack(toolchain, &[one, other])?;
    let same = glue(&basic, name)? == glue(&relaxed, name)?;
    ensure!(same, "the JavaScript of the two modules differs: {} and {}", basic.display(), relaxed.display());
    fs::copy(relaxed.join(format!("{name}_bg.wasm")), basic.join(format!("{name}_relaxed.wasm")))?;
    Ok(())
}

/// The JavaScript of a module without its comments, which have numbers of functions.
fn glue(dir: &Path, name: &str) -> Result<Vec<String>> {
    let text = fs::read_to_string(dir.join(format!("{name}.js")))?;
    Ok(text.lines().filter(|line| !line.trim_start().starts_with("//")).map(str::to_owned).collect())
}

/// Builds the package and runs it in headless Chromium.
pub fn test(toolchain: &Toolchain) -> Result<()> {
    let chromium = chromium()?;
    build(toolchain)?;
    let program = shell::program("graftwork")?;
    // What drives the browser is the other test's.
    let browser = paths::root().join("tests/browser");
    shell::run(shell::npm(&browser).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    let mut node = shell::command("node");
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
