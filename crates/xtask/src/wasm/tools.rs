//! wasm-bindgen and wasm-pack, in the versions that fit.

use std::path::PathBuf;

use anyhow::Result;

use crate::{paths, shell};

/// A tool: its program, its crate, its version, and whether its own lock file can be used.
struct Tool {
    program: &'static str,
    package: &'static str,
    version: &'static str,
    locked: bool,
}

const TOOLS: [Tool; 2] = [
    // The version must be exactly that of the `wasm-bindgen` crate in the lock files.
    Tool { program: "wasm-bindgen", package: "wasm-bindgen-cli", version: "0.2.130", locked: false },
    Tool { program: "wasm-pack", package: "wasm-pack", version: "0.15.1", locked: true },
];

/// Installs them into the cache unless PATH or the cache has the right version. Returns the
/// folders that have to stand in front of PATH.
pub fn ensure() -> Result<Vec<PathBuf>> {
    let root = paths::cache()?.join("tools");
    let bin = root.join("bin");
    for tool in &TOOLS {
        let own = bin.join(format!("{}{}", tool.program, std::env::consts::EXE_SUFFIX));
        if is_right(&own, tool.version) {
            continue;
        }
        // A right one elsewhere on PATH will do, unless a wrong one of ours would hide it.
        if !own.exists() && shell::find(tool.program).is_some_and(|path| is_right(&path, tool.version)) {
            continue;
        }
        eprintln!("installing {} {} (a few minutes, once)", tool.package, tool.version);
        let mut install = shell::cargo("install --force");
        install.arg(tool.package).args(["--version", &format!("={}", tool.version)]);
        install.arg("--root").arg(&root);
        // Built in a temporary folder: nobody needs these artefacts again.
        install.env_remove("CARGO_TARGET_DIR");
        if tool.locked {
            install.arg("--locked");
        }
        shell::run(&mut install)?;
    }
    Ok(vec![bin])
}

fn is_right(program: &PathBuf, version: &str) -> bool {
    shell::ask(shell::command(program).arg("--version"))
        .is_some_and(|line| line.split_whitespace().any(|word| word == version))
}
