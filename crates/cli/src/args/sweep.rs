//! Options of `graftwork sweep`.

use std::path::PathBuf;

use clap::Args;

use super::values;

/// Options of `graftwork sweep`.
#[derive(Debug, Args)]
pub struct Sweep {
    /// An option of `graftwork train` and its values, such as lr=1e-4,1e-3 or `leave-out=none;0-3` (values with commas stand
    /// between semicolons), or with --trials a range, such as lr=1e-4..1e-2. A switch is on or off: no-shuffle=on,off
    #[arg(long = "vary", value_name = "OPTION=VALUES", required_unless_present = "seeds")]
    pub vary: Vec<String>,
    /// Run every choice with each of these seeds: results are means over them
    #[arg(long, value_name = "N,N,...", value_delimiter = ',')]
    pub seeds: Vec<u64>,
    /// Draw so many choices at random, instead of all that there are; in a range evenly by magnitude
    #[arg(long, value_name = "N", value_parser = values::count)]
    pub trials: Option<usize>,
    /// Decides what is drawn
    #[arg(long, value_name = "N", default_value = "42", requires = "trials")]
    pub seed: u64,
    /// The directory that gets a directory for each run, results.jsonl and sweep.svg; the same command goes on where an
    /// interrupted one ended
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// What all runs have in common: options of `graftwork train`, behind --
    #[arg(last = true, required = true, value_name = "TRAIN OPTIONS")]
    pub train: Vec<String>,
}
