//! `cargo xtask settings`: writes what is made from the library's tables of options.

use anyhow::Result;

use crate::shell;

/// Runs `cargo xtask settings`. The test that compares the files with the tables writes them when it is told to, so that
/// this program need not be built with the library.
pub fn run() -> Result<()> {
    let mut cargo = shell::cargo("test --release --quiet --workspace --test settings");
    shell::run(cargo.env("GRAFTWORK_WRITE_SETTINGS", "1"))
}
