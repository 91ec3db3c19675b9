//! A crate as an optimised WebAssembly module with its JavaScript.

use std::path::Path;

use anyhow::Result;

use super::Toolchain;
use crate::{paths, shell};

/// What the compiler assumes of a WebAssembly engine; wasm-opt must be told.
const FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-simd",
];

/// What to build, and where to.
pub struct Pack<'a> {
    /// The crate's folder.
    pub package: &'a Path,
    /// The folder for the module.
    pub out: &'a Path,
    /// The crate's name with underscores.
    pub name: &'a str,
    /// Cargo's profile.
    pub profile: &'static str,
    /// What wasm-opt aims at.
    pub level: &'static str,
    /// Whether types are wanted too.
    pub typescript: bool,
}

/// Builds and optimises it; `node_modules` has the npm package `binaryen`.
pub fn pack(toolchain: &Toolchain, what: &Pack<'_>, node_modules: &Path) -> Result<()> {
    let mut pack = shell::command("wasm-pack");
    // no-install: the wasm-bindgen on PATH is the pinned one, nothing else is to be downloaded.
    pack.args(["build", "--target", "web", "--profile", what.profile, "--no-opt", "--no-pack", "--mode", "no-install"]);
    if !what.typescript {
        pack.arg("--no-typescript");
    }
    pack.arg("--out-dir").arg(what.out).arg(what.package);
    pack.env("CARGO_TARGET_DIR", paths::target().join("wasm")).envs(toolchain.env.clone());
    shell::run(&mut pack)?;

    // What users get is optimised, so that is what is tested. The npm package carries the program; Debian's is too old
    // for what the compiler emits.
    let module = what.out.join(format!("{}_bg.wasm", what.name));
    let mut optimise = shell::command("node");
    // Again and again: each time finds what the one before made possible (1.4, 1.1, 0.3 and 0.1 KB of the package with brotli).
    optimise.arg(node_modules.join("binaryen/bin/wasm-opt")).args([what.level; 4]);
    optimise.args(["--optimize-added-constants-propagate", what.level]).args(FEATURES);
    // The first kilobyte of memory is the end of the stack, which no address that is computed from another one is in: offsets
    // go into the instructions (3.2 KB).
    optimise
        .args(["--low-memory-unused", "--strip-producers", "--strip-target-features"])
        .arg(&module)
        .arg("-o")
        .arg(&module);
    shell::run(&mut optimise)
}
