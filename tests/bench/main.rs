//! `cargo xtask bench`: GFLOP/s of the ops that matter and milliseconds of a forward pass and a training step of
//! all-MiniLM-L6-v2, for each device. Medians; compare devices and versions only within one run on a quiet machine.

mod measure;
mod models;
mod ops;
mod probe;
mod turns;

use std::num::NonZero;

use clap::{Parser, Subcommand};
use graftwork_tensor::{Device, WeightType, use_threads};

/// Measures graftwork on this machine.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// Devices whose names contain this text; `cpu` is one. Default: the CPU and every GPU.
    #[arg(long)]
    device: Option<String>,
    /// Threads of the CPU path. Default: one, as peers are compared.
    #[arg(long, default_value_t = NonZero::<usize>::MIN)]
    threads: NonZero<usize>,
    /// Seconds spent on each figure at least.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Only ops whose names contain this text; `model` is the forward pass and the training step,
    /// `probe` what an instant head takes to learn one more example.
    #[arg(long)]
    only: Option<String>,
    /// How the model's matrices are stored.
    #[arg(long, default_value = "f32", value_parser = weight_type)]
    dtype: WeightType,
    /// What the model's forward pass is measured with, as sequences x tokens.
    #[arg(long, value_delimiter = ',', default_value = "1x12,8x64,1x512")]
    shapes: Vec<String>,
    /// On GPUs, each kernel of the matrix product and of attention by itself, too.
    #[arg(long)]
    kernels: bool,
    /// On GPUs, a table after each figure: what every shader took in one run of it, by timestamps of the device.
    #[arg(long)]
    profile: bool,
    /// One JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Answers lines of JSON on its standard input: a native peer of `tests/bench/peers`
    Turns(turns::Options),
}

fn main() {
    let options = Options::parse();
    if let Some(Command::Turns(turns)) = &options.command {
        use_threads(turns.threads);
        return turns::run(turns);
    }
    use_threads(options.threads);
    let wanted = |device: &Device| {
        let name = device.name().to_lowercase();
        options.device.as_ref().is_none_or(|part| name.contains(&part.to_lowercase()))
    };
    let devices: Vec<Device> = match options.device.as_deref() {
        Some("cpu") => vec![Device::cpu()],
        _ => graftwork_tests::devices().into_iter().filter(wanted).collect(),
    };
    assert!(!devices.is_empty(), "no device is named like {:?}", options.device);
    for device in devices {
        let bench = measure::Bench::new(&device, &options);
        ops::run(&bench);
        models::run(&bench, options.dtype, &options.shapes);
        // On the host, whatever the device.
        if device.as_gpu().is_none() {
            probe::run(&bench);
        }
    }
}

fn weight_type(name: &str) -> Result<WeightType, String> {
    WeightType::from_name(name).ok_or_else(|| format!("it may be {}", WeightType::ALL.map(WeightType::name).join(", ")))
}
