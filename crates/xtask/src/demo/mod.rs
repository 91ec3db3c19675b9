//! `cargo xtask demo`: the application on this machine, or the main job in the terminal.

mod page;
mod terminal;

use std::path::PathBuf;

use anyhow::Result;

/// Options of `cargo xtask demo`.
#[derive(clap::Args)]
pub struct Args {
    /// The loopback port of the page; 0 takes any that is free
    #[arg(long, default_value_t = 8790)]
    port: u16,
    /// Do the page's main job in headless Chromium and exit: classify, teach, export
    #[arg(long, conflicts_with_all = ["terminal", "port"])]
    check: bool,
    /// No page: train an adapter on 3,599 text messages and use it, here in the terminal
    #[arg(long, conflicts_with = "port")]
    terminal: bool,
    /// Where to compute: auto takes the CPU where the only GPU is a software one
    #[arg(long, requires = "terminal", default_value = "auto", value_parser = ["auto", "gpu", "cpu"])]
    device: String,
    /// How often to go through the messages
    #[arg(long, requires = "terminal", default_value_t = 1)]
    epochs: u32,
    /// Where the adapter goes
    #[arg(long, requires = "terminal", value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs `cargo xtask demo`.
pub fn run(args: &Args) -> Result<()> {
    if args.terminal {
        return terminal::run(args);
    }
    page::build(args.check)?;
    if args.check { page::check() } else { page::serve(args.port) }
}
