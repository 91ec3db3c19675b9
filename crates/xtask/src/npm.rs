//! The npm package's tarball and API documentation, and projects that use it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::wasm::Toolchain;
use crate::{paths, shell, web};

/// Packs what was built into `web/dist`; returns the tarball's path.
pub fn pack() -> Result<PathBuf> {
    let dir = web::folder();
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        fs::copy(paths::root().join(licence), dir.join(licence))?;
    }
    // Neither says anything unless something is wrong.
    shell::run(shell::npm(&dir).args(["run", "--silent", "docs"]))?;
    shell::run(shell::npm(&dir).args(["exec", "--no", "--", "publint", "--strict", "--level", "warning"]))?;
    fs::create_dir_all(paths::target())?;
    shell::run(shell::npm(&dir).args(["pack", "--loglevel=error", "--pack-destination"]).arg(paths::target()))?;
    Ok(paths::target().join(format!("graftwork-{}.tgz", version(&dir)?)))
}

/// Installs the tarball in fresh projects and runs their pages in headless Chromium.
pub fn consumers() -> Result<()> {
    let mut node = shell::command("node");
    node.arg(paths::root().join("tests/consumers/run.mjs")).arg(web::chromium()?).arg(pack()?);
    shell::run(&mut node)
}

/// Writes `dist/PROVENANCE.json`: what the WebAssembly module was built from, and by what. No dates and no folders, so
/// that the same source and tools give the same file.
pub fn provenance(toolchain: &Toolchain) -> Result<()> {
    let dir = web::folder();
    let mut sha256 = Map::new();
    hash_modules(&dir, &dir.join("dist"), &mut sha256)?;
    let ask = |program: &str| {
        let answer = shell::ask(shell::command(program).arg("--version").envs(toolchain.env.clone()));
        answer.with_context(|| format!("`{program} --version` says nothing"))
    };
    // A release made from an archive has no history to ask.
    let commit = ["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"];
    let provenance = json!({
        "version": version(&dir)?,
        "commit": shell::ask(shell::command("git").args(commit)).unwrap_or_else(|| "unknown".to_owned()),
        "rustc": ask("rustc")?,
        "wasm-bindgen": ask("wasm-bindgen")?,
        "binaryen": version(&dir.join("node_modules/binaryen"))?,
        "sha256": sha256,
    });
    fs::write(dir.join("dist/PROVENANCE.json"), format!("{provenance:#}\n"))?;
    Ok(())
}

/// Adds the digest of every module below `dir`, by its path in the package.
fn hash_modules(package: &Path, dir: &Path, into: &mut Map<String, Value>) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            hash_modules(package, &path, into)?;
        } else if path.extension().is_some_and(|end| end == "wasm") {
            let parts: Vec<_> = path.strip_prefix(package)?.iter().map(|part| part.to_string_lossy()).collect();
            let digest = Sha256::digest(fs::read(&path)?);
            let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            into.insert(parts.join("/"), json!(sha256));
        }
    }
    Ok(())
}

/// The version that a folder's `package.json` says.
fn version(dir: &Path) -> Result<String> {
    let manifest: Value = serde_json::from_slice(&fs::read(dir.join("package.json"))?)?;
    manifest["version"].as_str().map(str::to_owned).with_context(|| format!("no version in {}", dir.display()))
}
