//! The application, built and served on loopback with the backbone from the user's cache.

use anyhow::Result;

use crate::{model, paths, shell, system, wasm, web, www};

/// Gets the backbone and builds package and page; `browser` says whether a browser is needed too.
pub fn build(browser: bool) -> Result<()> {
    if browser || wasm::wants_debian() {
        system::ensure()?
    } else {
        system::node()?
    }
    model::ensure()?;
    web::build(&wasm::toolchain()?)?;
    www::build()
}

/// Serves the page until Ctrl-C.
pub fn serve(port: u16) -> Result<()> {
    eprintln!("\nOpen this address in a browser; Ctrl-C ends it.");
    let mut node = shell::command("node");
    node.arg(www::folder().join("serve.mjs")).args(["--port", &port.to_string(), "--models"]);
    shell::run(node.arg(paths::cache()?.join("models")))
}

/// Does the main job on the page.
pub fn check() -> Result<()> {
    www::driver()?;
    let mut node = shell::command("node");
    node.arg(paths::root().join("tests/www/job.mjs")).arg(web::chromium()?);
    shell::run(node.env("GRAFTWORK_MODELS", paths::cache()?.join("models")))
}
