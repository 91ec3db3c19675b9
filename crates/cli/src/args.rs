//! The command line: what can be asked of the program. Scripts depend on it.

mod data;
mod heads;
mod infer;
mod method;
mod option;
mod pretrain;
mod settings;
mod sweep;
mod teacher;
mod train;
mod values;

use clap::{Args, Parser, Subcommand, ValueEnum};
use graftwork::WeightType;

pub use data::{AskedArgs, DataArgs, TextArgs};
pub use heads::{FileOf, HeadArgs};
pub use infer::{Embed, Eval, Inspect, Merge, Pooling, Predict, Quantize};
pub use method::MethodArgs;
pub use pretrain::Pretrain;
pub use settings::SettingArgs;
pub use sweep::Sweep;
pub use teacher::TeacherArgs;
pub use train::{AdapterArgs, InputFormat, RecipeChoice, Task, ThresholdChoice, Train};

const AFTER_HELP: &str = "\
Exit status:
    0  success
    1  failure: a file cannot be written, training diverged, or a bug
    2  wrong usage: an unknown option, or a value that makes no sense
    3  bad input: a backbone, adapter, checkpoint or data file is missing or broken
    4  the device: no GPU, out of memory, lost
  130  interrupted; `train` has written a checkpoint

Files:
  A BACKBONE is a directory in Hugging Face layout (config.json, model.safetensors, tokenizer.json or vocab.txt), or
  the id of one in the cache: sentence-transformers/all-MiniLM-L6-v2 is models/sentence-transformers/all-MiniLM-L6-v2
  in $GRAFTWORK_CACHE, or else in the system's cache folder (on Linux ~/.cache/graftwork).
  An ADAPTER is a directory as AdapterHub writes it, or a single .safetensors file.
  DATA is .tsv (header, tabs, no quotes), .csv (header, quotes) or .jsonl; gzip is unpacked; - is standard input.";

const SWEEP_HELP: &str = "\
Example:
  graftwork sweep --vary lr=5e-4,1e-3 --vary method=seq_bn,lora --seeds 1,2,3 --out sweeps/spam \\
      -- --backbone sentence-transformers/all-MiniLM-L6-v2 --train train.tsv --dev dev.tsv";

/// Trains small adapters on a frozen backbone of the BERT family, and runs them, on the GPU or the CPU.
///
/// Results go to standard output, progress and messages to standard error.
#[derive(Debug, Parser)]
#[command(name = "graftwork", version, after_help = AFTER_HELP, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub common: Common,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Print results as JSON, for scripts
    #[arg(long, global = true, help_heading = "General")]
    pub json: bool,
    /// Where to compute; `auto` takes the GPU, unless it is a software one, which is slower than the CPU
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHERE", help_heading = "General")]
    pub device: DeviceArg,
    /// How the backbone's matrices are stored while it is used: q8 takes a quarter of f32, and half the time on x86-64 [default: as
    /// in its files]
    #[arg(long, global = true, value_parser = values::weight_type(), value_name = "TYPE", help_heading = "General")]
    pub dtype: Option<WeightType>,
    /// Show no progress, only errors
    #[arg(long, short, global = true, help_heading = "General")]
    pub quiet: bool,
}

/// Where to compute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum DeviceArg {
    /// The GPU where there is a hardware one, else the CPU.
    #[default]
    Auto,
    /// The GPU, even a software one.
    Gpu,
    /// The CPU.
    Cpu,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train an adapter and its head on labelled text
    Train(Box<Train>),
    /// Train an adapter on texts without labels, by masked language modelling: phase 1, before `train --init`
    Pretrain(Box<Pretrain>),
    /// Train with several choices of options, and tell which is best
    ///
    /// All combinations of the values (or some at random) are trained by `graftwork train` on what stands behind --, each in a
    /// directory of its own. Finished runs are not done again.
    #[command(after_help = SWEEP_HELP)]
    Sweep(Sweep),
    /// Measure an adapter on labelled text
    Eval(Eval),
    /// Apply an adapter to texts: one JSON line out for each in
    Predict(Predict),
    /// Turn texts into vectors: one JSON line out for each text in
    Embed(Embed),
    /// Fold an adapter into a copy of its backbone
    Merge(Merge),
    /// Write a copy of a backbone in 8-bit integers, a quarter of an f32 one
    Quantize(Quantize),
    /// Show what a backbone directory, an adapter directory or an adapter file holds
    Inspect(Inspect),
    /// List the devices of this machine
    Devices,
}

#[cfg(test)]
mod tests;
