//! What each shader takes on the device: a timestamp before and after every dispatch, while somebody asks for that.

use std::collections::BTreeMap;
use std::fmt;

use crate::Binding;
#[cfg(not(target_arch = "wasm32"))]
use crate::{Error, Gpu, Result, recorder::MAX_DISPATCHES};

/// What the dispatches of one shader took together.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ShaderProfile {
    /// The shader's name.
    pub name: &'static str,
    /// Dispatches.
    pub calls: u64,
    /// Seconds on the device, from one's begin to its end.
    pub seconds: f64,
    /// Floating-point operations; 0 of a shader whose threads do little each, which nobody counts.
    pub flop: u64,
    /// Bytes of the tensors that were bound, each once a dispatch. Of a table of which some rows are read, they are all of it.
    pub bytes: u64,
}

/// What was dispatched while a device was profiled, by shader, what took longest first. Its `Display` is a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile(pub Vec<ShaderProfile>);

impl Profile {
    /// All shaders together.
    #[must_use]
    pub fn total(&self) -> ShaderProfile {
        let start = ShaderProfile { name: "total", ..ShaderProfile::default() };
        self.0.iter().fold(start, |mut all, one| {
            all.add(one);
            all
        })
    }
}

impl ShaderProfile {
    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.seconds += other.seconds;
        self.flop += other.flop;
        self.bytes += other.bytes;
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<32}{:>8}{:>12}{:>8}{:>10}{:>10}", "shader", "calls", "ms", "%", "GFLOP/s", "GB/s")?;
        let total = self.total();
        for one in self.0.iter().chain([&total]) {
            let share = 100.0 * one.seconds / total.seconds.max(f64::MIN_POSITIVE);
            let rate = |count: u64| match count {
                0 => "-".to_owned(),
                _ => format!("{:.2}", count as f64 / one.seconds.max(f64::MIN_POSITIVE) / 1e9),
            };
            let (flop, bytes) = (rate(one.flop), rate(one.bytes));
            writeln!(
                f,
                "{:<32}{:>8}{:>12.3}{share:>8.1}{flop:>10}{bytes:>10}",
                one.name,
                one.calls,
                one.seconds * 1e3
            )?;
        }
        Ok(())
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Gpu {
    /// From now on measures what every dispatch takes on the device. That takes time of its own: each is a pass by itself,
    /// and each submit is waited for.
    ///
    /// # Errors
    /// If the device has no timestamps.
    pub fn start_profile(&self) -> Result<()> {
        if !self.device.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
            return Err(Error::NoTimestamps { adapter: self.adapter().name.clone() });
        }
        self.submit();
        self.recorder().profiler = Some(Profiler::new(&self.device, MAX_DISPATCHES));
        Ok(())
    }

    /// Ends what [`Gpu::start_profile`] began: what was dispatched in between.
    pub fn stop_profile(&self) -> Profile {
        self.submit();
        self.recorder().profiler.take().map(Profiler::finish).unwrap_or_default()
    }
}

/// What [`Gpu::start_profile`] needs, where the adapter has it.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn timestamps(adapter: &wgpu::Adapter) -> wgpu::Features {
    adapter.features() & wgpu::Features::TIMESTAMP_QUERY
}

#[cfg(target_arch = "wasm32")]
pub(crate) fn timestamps(_: &wgpu::Adapter) -> wgpu::Features {
    wgpu::Features::empty()
}

/// Measures the dispatches of a recorder, one submit after the other.
pub(crate) struct Profiler {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    staging: wgpu::Buffer,
    /// Of each dispatch that waits: what it will count as.
    pending: Vec<ShaderProfile>,
    done: BTreeMap<&'static str, ShaderProfile>,
    /// In a browser there is none, and this keeps its code out of what browsers download.
    #[cfg(target_arch = "wasm32")]
    #[expect(dead_code, reason = "its type says all")]
    never: std::convert::Infallible,
}

impl Profiler {
    /// For submits of at most so many dispatches, on a device with `TIMESTAMP_QUERY`.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn new(device: &wgpu::Device, most: usize) -> Self {
        let buffer = |usage| {
            let size = 2 * most as u64 * u64::from(wgpu::QUERY_SIZE);
            device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false })
        };
        let (ty, count) = (wgpu::QueryType::Timestamp, 2 * most as u32);
        Self {
            queries: device.create_query_set(&wgpu::QuerySetDescriptor { label: None, ty, count }),
            resolved: buffer(wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC),
            staging: buffer(wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ),
            pending: Vec::new(),
            done: BTreeMap::new(),
        }
    }

    /// A dispatch that is being recorded. What an op has no use for is bound to something else of its own.
    pub(crate) fn note(&mut self, name: &'static str, flop: u64, buffers: &[Binding<'_>]) {
        let place = |binding: &Binding<'_>| (binding.buffer.id(), binding.offset);
        let first = |i: &usize| buffers[..*i].iter().all(|earlier| place(earlier) != place(&buffers[*i]));
        let bytes = (0..buffers.len()).filter(first).map(|i| buffers[i].bytes).sum();
        self.pending.push(ShaderProfile { name, calls: 1, seconds: 0.0, flop, bytes });
    }

    /// The timestamps of the pass that holds the dispatch of this number alone.
    pub(crate) fn timestamps(&self, dispatch: usize) -> wgpu::ComputePassTimestampWrites<'_> {
        let first = 2 * dispatch as u32;
        wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: Some(first),
            end_of_pass_write_index: Some(first + 1),
        }
    }

    /// Asks for the timestamps at the end of a submit.
    pub(crate) fn resolve(&self, encoder: &mut wgpu::CommandEncoder) {
        let bytes = 2 * self.pending.len() as u64 * u64::from(wgpu::QUERY_SIZE);
        if bytes > 0 {
            encoder.resolve_query_set(&self.queries, 0..2 * self.pending.len() as u32, &self.resolved, 0);
            encoder.copy_buffer_to_buffer(&self.resolved, 0, &self.staging, 0, bytes);
        }
    }

    /// Waits for what was submitted and counts it. A lost device says so when something is read.
    pub(crate) fn collect(&mut self, device: &wgpu::Device, nanoseconds_a_tick: f32) {
        self.staging.map_async(wgpu::MapMode::Read, .., |_| ());
        let _ = device.poll(wgpu::PollType::wait_indefinitely());
        if let Ok(mapped) = self.staging.get_mapped_range(..) {
            let ticks: Vec<u64> = bytemuck::pod_collect_to_vec(&mapped);
            for (mut one, stamps) in self.pending.drain(..).zip(ticks.chunks(2)) {
                // A device may reset its clock.
                let ticks = stamps[1].saturating_sub(stamps[0]);
                one.seconds = ticks as f64 * f64::from(nanoseconds_a_tick) * 1e-9;
                self.done.entry(one.name).or_insert(ShaderProfile { name: one.name, ..Default::default() }).add(&one);
            }
        }
        self.pending.clear();
        self.staging.unmap();
    }

    /// Everything that was counted.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn finish(self) -> Profile {
        let mut all: Vec<_> = self.done.into_values().collect();
        all.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        Profile(all)
    }
}
