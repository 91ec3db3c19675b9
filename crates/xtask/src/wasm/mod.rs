//! The wasm32 toolchain and the tools around it.
//!
//! Most people have `rustup target add wasm32-unknown-unknown`, and what is installed is used.
//! Where no toolchain can be downloaded, `GRAFTWORK_WASM_TOOLCHAIN=debian` builds the target's
//! standard library once from Debian's packages.

mod debian;
mod pack;
mod tools;

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::{paths, shell};

pub use debian::packages_missing as debian_packages_missing;
pub use pack::{Pack, Simd, pack};

/// The target's name.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Whether the Debian way was asked for.
pub fn wants_debian() -> bool {
    env::var_os("GRAFTWORK_WASM_TOOLCHAIN").is_some_and(|way| way == "debian")
}

/// A set-up toolchain: variables for whoever builds for wasm32.
pub struct Toolchain {
    pub env: Vec<(&'static str, OsString)>,
}

/// Finds or makes a toolchain that builds for wasm32, with wasm-bindgen and wasm-pack on its PATH.
pub fn toolchain() -> Result<Toolchain> {
    let mut front = compiler()?;
    front.extend(tools::ensure()?);
    // One setting for all builds, so that they share.
    let flags = (FLAGS, OsString::from(flags(Simd::Basic)));
    Ok(Toolchain { env: vec![("PATH", shell::path_with(&front)?), flags] })
}

/// The variable with the compiler's flags.
const FLAGS: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";

fn flags(simd: Simd) -> String {
    format!("-Ctarget-feature={}{}", simd.target_features(), renamed_folders())
}

/// No folder of this machine in what is published: the messages of panics name files.
fn renamed_folders() -> String {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let folders = [(home.map(|home| home.join("registry/src")), "crates"), (Some(paths::root()), "graftwork")];
    let mut flags = String::new();
    for (folder, name) in folders {
        // Flags are separated by spaces, whatever stands in them.
        if let Some(folder) = folder.and_then(|path| path.to_str().map(str::to_owned)).filter(|f| !f.contains(' ')) {
            flags.push_str(&format!(" --remap-path-prefix={folder}={name}"));
        }
    }
    flags
}

/// Runs `cargo xtask wasm`.
pub fn run() -> Result<()> {
    let toolchain = toolchain()?;
    eprintln!("wasm32 is ready; to use it in a shell:");
    for (name, value) in &toolchain.env {
        println!("export {name}='{}'", value.to_string_lossy());
    }
    Ok(())
}

/// The folders to put in front of PATH so that `cargo` and `rustc` know the target.
fn compiler() -> Result<Vec<PathBuf>> {
    if wants_debian() {
        return Ok(vec![debian::ensure()?]);
    }
    if !has_target() {
        eprintln!("the target {TARGET} is not installed yet");
        shell::run(shell::command("rustup").args(["target", "add", TARGET])).with_context(|| {
            format!(
                "no standard library for {TARGET}. Next: `rustup target add {TARGET}`; or on \
                 Debian, where no download is possible, `GRAFTWORK_WASM_TOOLCHAIN=debian cargo \
                 xtask test`"
            )
        })?;
    }
    Ok(Vec::new())
}

fn has_target() -> bool {
    let ask = ["--print", "target-libdir", "--target", TARGET];
    shell::ask(shell::command("rustc").args(ask)).is_some_and(|dir| PathBuf::from(dir).is_dir())
}
