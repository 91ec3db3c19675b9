//! `cargo xtask fuzz`: changes inputs until one fails, or for as long as it is told.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Parser;
use graftwork_fuzz::engine::{corpus, feed, fuzz, last_input};
use graftwork_fuzz::targets::TARGETS;

#[derive(Parser)]
struct Args {
    /// The parsers, by parts of their names; without one, all
    targets: Vec<String>,
    /// For each parser
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Where the random numbers begin
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Feed this file once instead
    #[arg(long)]
    input: Option<std::path::PathBuf>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let is_wanted =
        |name: &str| args.targets.is_empty() || args.targets.iter().any(|part| name.contains(part.as_str()));
    let mut failed = Vec::new();
    for target in TARGETS.iter().filter(|target| is_wanted(target.name)) {
        if let Some(input) = &args.input {
            feed(target, &std::fs::read(input)?).map_err(anyhow::Error::msg)?;
            continue;
        }
        let (start, last) = (Instant::now(), last_input(target));
        let inputs = corpus(target).into_iter().map(|(_, bytes)| bytes).collect();
        match fuzz(target, inputs, args.seed, last.as_deref(), |_| start.elapsed() < Duration::from_secs(args.seconds))
        {
            Ok((count, places)) => println!("{}: {count} inputs, {places} places in the code", target.name),
            Err(failure) => {
                let file = last.map(|last| last.with_extension("failed"));
                if let Some(file) = &file {
                    std::fs::write(file, &failure.input)?;
                }
                println!("{}: {} ({})", target.name, failure.what, file.unwrap_or_default().display());
                failed.push(target.name);
            }
        }
    }
    if !failed.is_empty() {
        bail!("failed: {}. Mend the parser and put the input into tests/fuzz/corpus", failed.join(", "));
    }
    Ok(())
}
