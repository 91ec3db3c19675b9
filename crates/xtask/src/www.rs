//! The application: building it, testing it in headless Chromium.

use std::path::PathBuf;

use anyhow::Result;

use crate::{model, paths, shell, web};

/// Builds the page into `www/dist`, with the package as it is in `web/dist`. Whoever serves it has the user's models under
/// `/models/`.
pub fn build() -> Result<()> {
    let dir = folder();
    shell::run(shell::npm(&dir).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    let mut vite = shell::npm(&dir);
    vite.args(["run", "build", "--loglevel=error", "--", "--logLevel", "warn"]);
    shell::run(vite.env("VITE_BACKBONE", format!("/models/{}/", model::ID)))
}

/// Checks the page's types, builds it and uses it as a visitor does. The package and the program are built before.
pub fn test() -> Result<()> {
    build()?;
    shell::run(shell::npm(&folder()).args(["run", "check", "--loglevel=error"]))?;
    driver()?;
    let mut node = shell::command("node");
    node.arg(paths::root().join("tests/www/run.mjs")).arg(web::chromium()?).arg(paths::program("graftwork"));
    shell::run(node.env("GRAFTWORK_MODELS", paths::cache()?.join("models")))
}

/// Installs what drives the browser, which is the other tests' too.
pub fn driver() -> Result<()> {
    let dir = paths::root().join("tests/browser");
    shell::run(shell::npm(&dir).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
}

/// The application's folder.
pub fn folder() -> PathBuf {
    paths::root().join("www")
}
