//! A crate as an optimised WebAssembly module with its JavaScript.

use std::path::{Path, PathBuf};
use std::thread;

use anyhow::Result;

use super::{FLAGS, Toolchain, flags};
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

/// The vectors of 128 bits that a module is for: one unknown instruction, and an engine refuses the whole module.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Simd {
    /// Those that every browser with WebGPU has.
    Basic,
    /// Also those whose last bits processors differ in.
    Relaxed,
}

impl Simd {
    /// As the compiler calls them.
    pub fn target_features(self) -> &'static str {
        match self {
            Self::Basic => "+simd128",
            Self::Relaxed => "+simd128,+relaxed-simd",
        }
    }

    /// Where it is built: with other flags cargo would begin anew each time.
    fn build_folder(self) -> PathBuf {
        paths::target().join(match self {
            Self::Basic => "wasm",
            Self::Relaxed => "wasm-relaxed",
        })
    }
}

/// What to build, and where to.
#[derive(Clone, Copy)]
pub struct Pack<'a> {
    /// The crate's folder.
    pub package: &'a Path,
    /// The folder for the module.
    pub out: &'a Path,
    /// The crate's name with underscores.
    pub name: &'a str,
    /// Cargo's profile.
    pub profile: &'static str,
    /// The vectors that it takes.
    pub simd: Simd,
    /// What wasm-opt aims at, with the npm package `binaryen` in a folder; without one the module stays as the compiler made it.
    pub optimised: Option<(&'static str, &'a Path)>,
    /// Whether types are wanted too.
    pub typescript: bool,
}

/// Builds them and optimises them.
pub fn pack(toolchain: &Toolchain, all: &[Pack<'_>]) -> Result<()> {
    all.iter().try_for_each(|what| build(toolchain, what))?;
    // wasm-opt takes one core.
    thread::scope(|scope| {
        let running: Vec<_> = all.iter().map(|what| scope.spawn(|| optimise(what))).collect();
        running.into_iter().try_for_each(|one| one.join().expect("no panic"))
    })
}

fn build(toolchain: &Toolchain, what: &Pack<'_>) -> Result<()> {
    let mut pack = shell::command("wasm-pack");
    // no-install: the wasm-bindgen on PATH is the pinned one, nothing else is to be downloaded.
    pack.args(["build", "--target", "web", "--profile", what.profile, "--no-opt", "--no-pack", "--mode", "no-install"]);
    if !what.typescript {
        pack.arg("--no-typescript");
    }
    pack.arg("--out-dir").arg(what.out).arg(what.package);
    pack.env("CARGO_TARGET_DIR", what.simd.build_folder()).envs(toolchain.env.clone());
    pack.env(FLAGS, flags(what.simd));
    shell::run(&mut pack)
}

/// What users get is optimised, so that is what is tested. The npm package carries the program; Debian's is too old for what the
/// compiler emits.
fn optimise(what: &Pack<'_>) -> Result<()> {
    let Some((level, node_modules)) = what.optimised else { return Ok(()) };
    let module = what.out.join(format!("{}_bg.wasm", what.name));
    let mut optimise = shell::command("node");
    // Again and again: each time finds what the one before made possible (1.4, 1.1, 0.3 and 0.1 KB of the package with brotli).
    optimise.arg(node_modules.join("binaryen/bin/wasm-opt")).args([level; 4]);
    optimise.args(["--optimize-added-constants-propagate", level]).args(FEATURES);
    if what.simd == Simd::Relaxed {
        optimise.arg("--enable-relaxed-simd");
    }
    // The first kilobyte of memory is the end of the stack, which no address that is computed from another one is in: offsets
    // go into the instructions (3.2 KB).
    optimise
        .args(["--low-memory-unused", "--strip-producers", "--strip-target-features"])
        .arg(&module)
        .arg("-o")
        .arg(&module);
    shell::run(&mut optimise)
}
