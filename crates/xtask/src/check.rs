//! `cargo xtask check`: what can be told without running anything.

use anyhow::Result;

use crate::shell;
use crate::stages::Stages;

/// Runs `cargo xtask check`.
pub fn run() -> Result<()> {
    let mut stages = Stages::default();
    all(&mut stages);
    stages.stage("shaders", || shell::run(&mut shell::cargo("test --release --workspace shaders")));
    stages.finish()
}

/// Formatting, lints and documentation.
pub fn all(stages: &mut Stages) {
    stages.stage("format", || shell::run(&mut shell::cargo("fmt --all --check")));
    stages.stage("clippy", || shell::run(&mut shell::cargo("clippy --workspace --all-targets -- -D warnings")));
    stages.stage("documentation", || {
        let mut doc = shell::cargo("doc --workspace --no-deps --document-private-items");
        shell::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
    });
}
