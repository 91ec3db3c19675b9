//! Pieces of the operating system that the tests need: software Vulkan drivers and a browser.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::{shell, wasm};

/// Debian's place of Mesa's software driver.
const LAVAPIPE: &str = "/usr/share/vulkan/icd.d";
/// The software driver that comes inside Debian's Chromium.
const SWIFTSHADER: &str = "/usr/lib/chromium/vk_swiftshader_icd.json";

/// Installs what is missing where that is allowed, otherwise names the command that does.
///
/// Allowed means Debian or a child of it, and root or a CI machine.
pub fn ensure() -> Result<()> {
    node()?;
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    let by_hand = format!("sudo apt-get install --no-install-recommends {packages}");
    if shell::find("apt-get").is_none() {
        bail!("missing: {packages} (Debian's names); install your system's packages of the kind");
    }
    let root = shell::ask(shell::command("id").arg("-u")).is_some_and(|id| id == "0");
    if !root && env::var_os("CI").is_none() {
        bail!("missing: {packages}. Next: {by_hand}");
    }
    let apt = |words: &str| {
        let mut apt = shell::command(if root { "apt-get" } else { "sudo" });
        if !root {
            apt.args(["--non-interactive", "apt-get"]);
        }
        apt.args(words.split_whitespace()).env("DEBIAN_FRONTEND", "noninteractive");
        // Closing lines of the tests belong on stdout, pages of apt do not.
        apt.stdout(std::io::stderr());
        shell::run(&mut apt)
    };
    apt("update -qq")?;
    apt(&format!("install -qq --yes --no-install-recommends {packages}"))
}

/// An error unless Node.js is there.
pub fn node() -> Result<()> {
    if shell::find("node").is_none() || shell::find("npm").is_none() {
        bail!("Node.js 20.19 or newer with npm is needed: see https://nodejs.org");
    }
    Ok(())
}

fn missing() -> Vec<&'static str> {
    let mut packages = Vec::new();
    if cfg!(target_os = "linux") {
        if lavapipe().is_none() {
            packages.push("mesa-vulkan-drivers");
        }
        if !has_library("libvulkan.so.1") {
            packages.push("libvulkan1");
        }
    }
    if chromium().is_none() {
        packages.push("chromium");
    }
    if wasm::wants_debian() {
        packages.extend(wasm::debian_packages_missing());
    }
    packages
}

/// The variables that give the tests software adapters to run on.
///
/// `GRAFTWORK_TEST_ADAPTERS` names the adapters (parts of their names, separated by commas) that
/// must be there. A value from outside wins, for a run on real hardware.
pub fn test_adapters() -> Vec<(&'static str, String)> {
    let names = "GRAFTWORK_TEST_ADAPTERS";
    let drivers =
        [("llvmpipe", lavapipe()), ("SwiftShader", Some(PathBuf::from(SWIFTSHADER)).filter(|path| path.exists()))];
    let found: Vec<_> = drivers.iter().filter_map(|(name, path)| Some((*name, path.as_ref()?))).collect();
    if found.is_empty() || env::var_os(names).is_some() {
        return Vec::new();
    }
    for (name, path) in &drivers {
        if path.is_none() {
            eprintln!("note: no {name} driver here, the GPU tests run without it");
        }
    }
    let join = |parts: Vec<String>, with: &str| parts.join(with);
    let paths = found.iter().map(|(_, path)| path.display().to_string()).collect();
    let adapters = found.iter().map(|(name, _)| (*name).to_owned()).collect();
    vec![
        // The Vulkan loader takes several drivers at once; all are then listed in one process.
        ("VK_DRIVER_FILES", join(paths, ":")),
        (names, join(adapters, ",")),
    ]
}

/// A Chromium of any name: `GRAFTWORK_CHROMIUM`, on PATH, or where macOS and Windows keep it.
pub fn chromium() -> Option<PathBuf> {
    let given = env::var_os("GRAFTWORK_CHROMIUM").map(PathBuf::from);
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let usual = [
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    ];
    given
        .or_else(|| names.iter().find_map(|name| shell::find(name)))
        .or_else(|| usual.iter().map(PathBuf::from).find(|path| path.exists()))
}

fn lavapipe() -> Option<PathBuf> {
    let files = Path::new(LAVAPIPE).read_dir().ok()?;
    let mut files: Vec<_> = files
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("lvp_icd")))
        .collect();
    // A machine may hold 32-bit drivers too; the 64-bit one sorts last.
    files.sort();
    files.pop()
}

fn has_library(name: &str) -> bool {
    let dirs = ["/usr/lib", "/lib", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"];
    dirs.iter().any(|dir| Path::new(dir).join(name).exists())
}
