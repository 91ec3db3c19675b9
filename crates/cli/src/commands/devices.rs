//! `graftwork devices`

use graftwork::block_on;
use serde_json::json;

use crate::args::Common;
use crate::failure::Result;
use crate::output::Output;

/// Lists the GPUs and the CPU, and says which of them `--device auto` takes.
pub fn run(common: &Common) -> Result<()> {
    let gpus = block_on(graftwork::gpu_adapters());
    let auto = block_on(graftwork::Device::auto());
    let chosen = auto.as_gpu().map(|gpu| gpu.adapter().clone());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut out = Output::new();
    if common.json {
        let gpus = gpus.iter().map(|gpu| {
            json!({
                "name": gpu.name,
                "backend": gpu.backend,
                "kind": gpu.kind,
                "driver": gpu.driver,
                "software": gpu.software,
            })
        });
        out.json(&json!({
            "auto": auto.name(),
            "gpus": gpus.collect::<Vec<_>>(),
            "cpu": {"threads": threads},
        }))?;
    } else {
        for gpu in &gpus {
            let taken = chosen.as_ref().is_some_and(|c| c.name == gpu.name && c.backend == gpu.backend);
            let software = if gpu.software { ", in software: slower than the CPU path" } else { "" };
            out.line(&format!(
                "{} gpu  {} ({}, {}{software})",
                if taken { "*" } else { " " },
                gpu.name,
                gpu.backend,
                gpu.driver
            ))?;
        }
        let taken = if chosen.is_none() { "*" } else { " " };
        out.line(&format!("{taken} cpu  {threads} threads"))?;
        out.line("* is what --device auto takes")?;
    }
    out.flush().map(drop)
}
