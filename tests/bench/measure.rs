//! Runs a piece of work until enough time has passed and prints the median.

use std::time::{Duration, Instant};

use graftwork_tensor::{Device, Tensor};

pub struct Bench<'a> {
    pub device: &'a Device,
    /// Whether every kernel of the matrix product is measured by itself.
    pub kernels: bool,
    budget: Duration,
    only: Option<String>,
    json: bool,
}

impl<'a> Bench<'a> {
    pub fn new(device: &'a Device, seconds: f64, only: Option<String>, kernels: bool, json: bool) -> Self {
        if !json {
            println!("\n{}", device.name());
            println!("{:<44}{:>12}{:>12}{:>10}", "", "median ms", "GFLOP/s", "runs");
        }
        Self { device, kernels, budget: Duration::from_secs_f64(seconds), only, json }
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
