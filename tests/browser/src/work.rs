//! One compute shader over a file of numbers: shows that the page has a device and that what it
//! computes comes back.

use std::error::Error;
use std::fmt::Write;

use wgpu::util::DeviceExt;

/// Files that both sides read, in this order.
pub const FILES: [&str; 1] = ["numbers.f32"];

const SHADER: &str = "
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x < arrayLength(&x)) { x[id.x] = x[id.x] * x[id.x] - 0.5; }
}";

/// Named rows of numbers.
pub struct Answer {
    /// The adapter that computed, for the log.
    pub device: String,
    /// What is compared, by name.
    pub rows: Vec<(&'static str, Vec<f32>)>,
}

impl Answer {
    /// The answer as JSON; f32 is written so that reading it gives the same number.
    pub fn to_json(&self) -> String {
        let mut rows = serde_json::Map::new();
        for (name, row) in &self.rows {
            rows.insert((*name).to_owned(), row.clone().into());
        }
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "{}",
            serde_json::json!({ "device": self.device, "rows": rows })
        );
        text
    }
}

/// The files' bytes.
pub fn make_files() -> Vec<Vec<u8>> {
    let numbers: Vec<f32> = (0..1000).map(|i| (i as f32 * 0.37).sin()).collect();
    vec![bytemuck::cast_slice(&numbers).to_vec()]
}

/// Runs on the first device there is.
pub async fn work(files: &[Vec<u8>]) -> Result<Answer, Box<dyn Error>> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapter = instance
        .request_adapter(&wgpu::RequestAdapterOptions::default())
        .await?;
    let (device, queue) = adapter
        .request_device(&wgpu::DeviceDescriptor::default())
        .await?;
    let bytes = &files[0];
    let x = device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
        label: Some("x"),
        contents: bytes,
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
    });
    let back = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("back"),
        size: bytes.len() as u64,
        usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: None,
        source: wgpu::ShaderSource::Wgsl(SHADER.into()),
    });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: None,
        layout: None,
        module: &module,
        entry_point: None,
        compilation_options: Default::default(),
        cache: None,
    });
    let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: None,
        layout: &pipeline.get_bind_group_layout(0),
        entries: &[wgpu::BindGroupEntry {
            binding: 0,
            resource: x.as_entire_binding(),
        }],
    });
    let mut encoder = device.create_command_encoder(&Default::default());
    let mut pass = encoder.begin_compute_pass(&Default::default());
    pass.set_pipeline(&pipeline);
    pass.set_bind_group(0, &group, &[]);
    pass.dispatch_workgroups((bytes.len() as u32 / 4).div_ceil(64), 1, 1);
    drop(pass);
    encoder.copy_buffer_to_buffer(&x, 0, &back, 0, bytes.len() as u64);
    queue.submit([encoder.finish()]);

    let row = read(&device, &back).await?;
    Ok(Answer {
        device: adapter.get_info().name,
        rows: vec![("x", row)],
    })
}

async fn read(device: &wgpu::Device, back: &wgpu::Buffer) -> Result<Vec<f32>, Box<dyn Error>> {
    let (send, receive) = futures_channel::oneshot::channel();
    back.map_async(wgpu::MapMode::Read, .., move |done| {
        // The receiver lives until the answer is there.
        let _ = send.send(done);
    });
    #[cfg(not(target_arch = "wasm32"))]
    device.poll(wgpu::PollType::wait_indefinitely())?;
    #[cfg(target_arch = "wasm32")]
    let _ = device;
    receive.await??;
    let bytes = back.get_mapped_range(..)?;
    Ok(bytemuck::pod_collect_to_vec(&bytes))
}
