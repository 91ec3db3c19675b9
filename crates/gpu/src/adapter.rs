//! Which GPUs are there, and which one is meant.

use crate::{Error, Result};

/// An adapter as `graftwork devices` lists it.
#[derive(Debug, Clone)]
pub struct AdapterDescription {
    /// The driver's name for it.
    pub name: String,
    /// `Vulkan`, `Metal`, `Dx12` or `BrowserWebGpu`.
    pub backend: String,
    /// `discrete`, `integrated`, `virtual`, `cpu` (a software rasteriser) or `other`.
    pub kind: &'static str,
    /// Driver name and version, if the backend tells.
    pub driver: String,
    /// A software adapter runs shaders on the CPU: slower than our own CPU path.
    pub software: bool,
}

impl AdapterDescription {
    pub(crate) fn of(adapter: &wgpu::Adapter) -> Self {
        let info = adapter.get_info();
        let kind = match info.device_type {
            wgpu::DeviceType::DiscreteGpu => "discrete",
            wgpu::DeviceType::IntegratedGpu => "integrated",
            wgpu::DeviceType::VirtualGpu => "virtual",
            wgpu::DeviceType::Cpu => "cpu",
            wgpu::DeviceType::Other => "other",
        };
        // Browsers report `other` for everything; SwiftShader gives itself away by its name.
        let described = format!("{} {} {}", info.name, info.driver, info.driver_info).to_lowercase();
        let software = kind == "cpu"
            || ["swiftshader", "llvmpipe", "lavapipe", "basic render"].iter().any(|word| described.contains(word));
        Self {
            name: info.name.clone(),
            backend: format!("{:?}", info.backend),
            kind,
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_string(),
            software,
        }
    }

    /// What one submit should hold, see [`crate::Gpu::flop_per_submit`]. Measured products reach 10 to 40 GFLOP/s on
    /// software adapters with two cores, about 100 on integrated GPUs; browsers don't tell integrated from discrete.
    pub(crate) fn flop_per_submit(&self) -> u64 {
        const GFLOP: u64 = 1_000_000_000;
        match self.kind {
            _ if self.software => 4 * GFLOP,
            "discrete" => 200 * GFLOP,
            _ => 20 * GFLOP,
        }
    }
}

/// Which adapter to take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AdapterChoice {
    /// The platform's preferred high-performance adapter.
    #[default]
    Preferred,
    /// The first whose name contains this text, without regard to case.
    Named(String),
}

fn instance() -> wgpu::Instance {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends =
        wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12 | wgpu::Backends::BROWSER_WEBGPU;
    wgpu::Instance::new(descriptor)
}

/// Every adapter on this machine. Browsers show at most the preferred one.
pub async fn adapters() -> Vec<AdapterDescription> {
    enumerate(&instance()).await.iter().map(AdapterDescription::of).collect()
}

async fn enumerate(instance: &wgpu::Instance) -> Vec<wgpu::Adapter> {
    if cfg!(target_arch = "wasm32") {
        return preferred(instance).await.into_iter().collect();
    }
    instance.enumerate_adapters(wgpu::Backends::all()).await
}

async fn preferred(instance: &wgpu::Instance) -> Option<wgpu::Adapter> {
    let options =
        wgpu::RequestAdapterOptions { power_preference: wgpu::PowerPreference::HighPerformance, ..Default::default() };
    instance.request_adapter(&options).await.ok()
}

pub(crate) async fn choose(choice: &AdapterChoice) -> Result<wgpu::Adapter> {
    let instance = instance();
    let (adapter, wanted) = match choice {
        AdapterChoice::Preferred => (preferred(&instance).await, "is available".to_string()),
        AdapterChoice::Named(name) => {
            let lower = name.to_lowercase();
            let all = enumerate(&instance).await;
            let found = all.into_iter().find(|a| a.get_info().name.to_lowercase().contains(&lower));
            (found, format!("is named like '{name}'"))
        }
    };
    if let Some(adapter) = adapter {
        return Ok(adapter);
    }
    let names: Vec<String> = enumerate(&instance).await.iter().map(|a| a.get_info().name).collect();
    let found = if names.is_empty() { "none".to_string() } else { names.join(", ") };
    Err(Error::NoAdapter { wanted, found })
}
