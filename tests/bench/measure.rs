//! Runs a piece of work until enough time has passed and prints the median.

use std::time::{Duration, Instant};

use graftwork_gpu::Profile;
use graftwork_tensor::{Device, Tensor};

use crate::Options;

pub struct Bench<'a> {
    pub device: &'a Device,
    /// Whether every kernel of the matrix product and of attention is measured by itself.
    pub kernels: bool,
    budget: Duration,
    only: Option<String>,
    json: bool,
    profile: bool,
}

impl<'a> Bench<'a> {
    pub fn new(device: &'a Device, options: &Options) -> Self {
        if !options.json {
            println!("\n{}", device.name());
            println!("{:<44}{:>12}{:>12}{:>10}", "", "median ms", "GFLOP/s", "runs");
        }
        let profile = options.profile && can_profile(device);
        let budget = Duration::from_secs_f64(options.seconds);
        Self { device, kernels: options.kernels, budget, only: options.only.clone(), json: options.json, profile }
    }

    pub fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| name.contains(only.as_str()))
    }

    /// Measures `work`, which does `flop` floating-point operations and ends in a tensor to wait for.
    pub fn measure(&self, name: &str, flop: f64, mut work: impl FnMut() -> Tensor) {
        if !self.wants(name) {
            return;
        }
        let mut run = || {
            let started = Instant::now();
            let last = work();
            // One number: what is waited for is the work, not the copy.
            pollster::block_on(self.device.read(&last.view(0, 1, 1))).expect("the device works");
            started.elapsed()
        };
        // The first run compiles pipelines and fills pools.
        run();
        let began = Instant::now();
        let mut times = Vec::new();
        while times.len() < 3 || (began.elapsed() < self.budget && times.len() < 200) {
            times.push(run());
        }
        self.print(name, flop, times);
        if let (true, Some(gpu)) = (self.profile, self.device.as_gpu()) {
            gpu.start_profile().expect("asked before");
            run();
            self.print_profile(name, &gpu.stop_profile());
        }
    }

    /// Prints what each shader took in one run.
    fn print_profile(&self, name: &str, profile: &Profile) {
        if !self.json {
            return println!("{}", profile.to_string().trim_end().replace('\n', "\n    ").replacen("", "    ", 1));
        }
        for one in &profile.0 {
            let line = serde_json::json!({
                "device": self.device.name(), "name": name, "shader": one.name, "calls": one.calls,
                "ms": one.seconds * 1e3, "flop": one.flop, "bytes": one.bytes
            });
            println!("{line}");
        }
    }

    /// Prints the median of some times.
    pub fn print(&self, name: &str, flop: f64, mut times: Vec<Duration>) {
        times.sort();
        let median = times[times.len() / 2].as_secs_f64();
        let gflops = flop / median / 1e9;
        if self.json {
            let line = serde_json::json!({
                "device": self.device.name(), "name": name, "median_ms": median * 1e3, "gflops": gflops, "runs": times.len()
            });
            println!("{line}");
        } else {
            println!("{name:<44}{:>12.3}{gflops:>12.2}{:>10}", median * 1e3, times.len());
        }
    }
}

/// Whether the device tells what a shader takes; if not, why.
fn can_profile(device: &Device) -> bool {
    let refused = match device.as_gpu() {
        None => Some("--profile is of shaders; the CPU has none".to_owned()),
        Some(gpu) => gpu.start_profile().map(|()| _ = gpu.stop_profile()).err().map(|error| error.to_string()),
    };
    refused.as_ref().inspect(|why| eprintln!("{why}"));
    refused.is_none()
}
