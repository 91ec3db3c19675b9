//! `cargo xtask bench`: GFLOP/s of the ops that matter and milliseconds of a forward pass and a training step of
//! all-MiniLM-L6-v2, for each device. Medians; compare devices and versions only within one run on a quiet machine.

mod measure;
mod models;
mod ops;
mod probe;
mod turns;

use clap::{Parser, Subcommand};
use graftwork_tensor::Device;

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
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Seconds spent on each figure at least.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Only ops whose names contain this text; `model` is the forward pass and the training step,
    /// `probe` what an instant head takes to learn one more example.
    #[arg(long)]
    only: Option<String>,
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
        models::run(&bench);
        // On the host, whatever the device.
        if device.as_gpu().is_none() {
            probe::run(&bench);
        }
    }
}

/// Rayon reads this once, before its first use.
fn use_threads(count: usize) {
    rayon::ThreadPoolBuilder::new().num_threads(count).build_global().expect("the first use of rayon");
}
