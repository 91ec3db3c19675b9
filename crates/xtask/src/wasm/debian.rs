//! A wasm32 toolchain made of Debian's packages.
//!
//! Debian ships a compiler that can target wasm32 and the standard library's source, but no
//! built standard library. It is built once here (about a minute) and laid out as a toolchain
//! folder; the rest of the folder are links and wrappers.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::TARGET;
use crate::{paths, shell};

#[cfg(unix)]
use std::os::unix::fs::symlink;

/// What has to be installed, with a file that tells that it is.
const PACKAGES: [(&str, &str); 4] = [
    ("rustc-web", "/usr/bin/rustc"),
    ("cargo-web", "/usr/bin/cargo"),
    ("rust-web-src", "/usr/lib/rustlib/src/rust/library/std/Cargo.toml"),
    ("lld-22", "/usr/bin/lld-22"),
];

/// Those packages that are not installed.
pub fn packages_missing() -> Vec<&'static str> {
    let missing = PACKAGES.iter().filter(|(_, file)| !Path::new(file).exists());
    missing.map(|(package, _)| *package).collect()
}

/// The toolchain's `bin` folder; builds it if this compiler version has none yet.
pub fn ensure() -> Result<PathBuf> {
    let missing = packages_missing();
    if !missing.is_empty() {
        let packages = missing.join(" ");
        bail!("missing. Next: sudo apt-get install --no-install-recommends {packages}");
    }
    let version = shell::capture(shell::command("/usr/bin/rustc").arg("-vV"))?;
    let field = |name: &str| version.lines().find_map(|line| line.strip_prefix(name));
    let (release, commit) = (field("release: "), field("commit-hash: "));
    let release = release.context("Debian's rustc tells no version")?;
    let host = field("host: ").context("Debian's rustc tells no host")?;
    let commit: String = commit.unwrap_or("unknown").chars().take(12).collect();

    // The last number goes up when something else is built here.
    let dir = paths::cache()?.join("toolchains").join(format!("wasm32-{release}-{commit}-2"));
    if !dir.exists() {
        eprintln!("building wasm32's standard library, once, into {}", dir.display());
        let part = dir.with_file_name(format!("{release}.{}.tmp", std::process::id()));
        build(&part, &dir, host).with_context(|| format!("making the wasm32 toolchain in {}", part.display()))?;
        fs::rename(&part, &dir)?;
    }
    // A cache elsewhere is somebody's experiment: the name is not theirs.
    if std::env::var_os("GRAFTWORK_CACHE").is_none() {
        link_for_rustup(&dir);
    }
    Ok(dir.join("bin"))
}

/// Builds everything in `part`; scripts and links speak of `dir`, where it goes when it is whole.
fn build(part: &Path, dir: &Path, host: &str) -> Result<()> {
    let std_dir = part.join("std");
    fs::create_dir_all(std_dir.join("src"))?;
    fs::write(std_dir.join("Cargo.toml"), "[package]\nname = \"empty\"\n[lib]\n[workspace]\n")?;
    fs::write(std_dir.join("src/lib.rs"), "#![no_std]\n")?;
    let mut cargo = shell::command("/usr/bin/cargo");
    cargo
        .args(["build", "--release", "--target", TARGET])
        .arg("-Zbuild-std=std,panic_abort,panic_unwind,proc_macro,test")
        .current_dir(&std_dir)
        // `-Z` flags are for nightly compilers; this makes the released one take them.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", "/usr/bin/rustc")
        // Bitcode in the rlibs lets users build with `lto = true`.
        .env("RUSTFLAGS", format!("-Cembed-bitcode=yes{}", super::renamed_folders()))
        .env("CARGO_TARGET_DIR", std_dir.join("target"));
    shell::run(&mut cargo)?;

    let rustlib = part.join("lib/rustlib");
    let libraries = rustlib.join(TARGET).join("lib");
    fs::create_dir_all(&libraries)?;
    for entry in fs::read_dir(std_dir.join("target").join(TARGET).join("release/deps"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        let is_library = path.extension().is_some_and(|end| end == "rlib");
        if is_library && !name.to_string_lossy().starts_with("libempty-") {
            fs::copy(&path, libraries.join(name))?;
        }
    }
    fs::remove_dir_all(&std_dir)?;

    fs::create_dir_all(rustlib.join(host).join("bin"))?;
    let debian = Path::new("/usr/lib/rustlib");
    symlink(debian.join(host).join("lib"), rustlib.join(host).join("lib"))?;
    symlink(debian.join("src"), rustlib.join("src"))?;
    symlink("/usr/bin/lld-22", rustlib.join(host).join("bin/rust-lld"))?;

    // Wrappers, not links: through a link the compiler finds Debian's sysroot, not this one.
    let dir = dir.display();
    fs::create_dir_all(part.join("bin"))?;
    for tool in ["rustc", "rustdoc"] {
        let line = format!("exec /usr/bin/{tool} --sysroot '{dir}' \"$@\"");
        script(&part.join("bin").join(tool), &line)?;
    }
    let compilers = format!("RUSTC='{dir}/bin/rustc' RUSTDOC='{dir}/bin/rustdoc'");
    script(&part.join("bin/cargo"), &format!("{compilers} exec /usr/bin/cargo \"$@\""))
}

fn script(path: &Path, line: &str) -> Result<()> {
    fs::write(path, format!("#!/bin/sh\n{line}\n"))?;
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(())
}

/// There is no Debian on Windows, but the task runner must compile there.
#[cfg(not(unix))]
fn symlink(_: impl AsRef<Path>, _: impl AsRef<Path>) -> Result<()> {
    bail!("GRAFTWORK_WASM_TOOLCHAIN=debian works on Debian only")
}

/// Gives the toolchain a name in rustup, so that `cargo +graftwork-wasm build` works by hand.
/// A convenience only: our own builds find it by PATH, with or without rustup.
fn link_for_rustup(dir: &Path) {
    let name = "graftwork-wasm";
    let linked = shell::ask(shell::command("rustc").args([&format!("+{name}"), "--print", "sysroot"]));
    if linked.is_none_or(|sysroot| Path::new(&sysroot) != dir) {
        let mut link = shell::command("rustup");
        let _ = shell::ask(link.args(["toolchain", "link", name]).arg(dir));
    }
}
