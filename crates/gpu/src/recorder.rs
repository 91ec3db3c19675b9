//! Records dispatches and submits them together: one compute pass, one uniform buffer with dynamic offsets that is
//! written once a submit, cached bind groups. Nothing is created a dispatch once a shape has been seen.

use std::collections::HashMap;
use std::sync::Arc;

use crate::profile::Profiler;
use crate::{Access, Buffer, Constants, Shader};

/// Bytes of the uniform struct of one dispatch; the smallest dynamic-offset alignment that every device has.
pub(crate) const PARAMS_STRIDE: u64 = 256;
/// Dispatches that one submit has room for. A training step of BERT-base has about 500.
pub(crate) const MAX_DISPATCHES: usize = 512;
/// Bytes written before they are submitted although nothing was recorded: wgpu keeps a copy until then, and a backbone
/// must not pile up there.
const MAX_WRITTEN: usize = 4 << 20;
/// Bind groups kept before the cache starts anew; each keeps its buffers alive.
const MAX_BIND_GROUPS: usize = 8192;

/// A part of a [`Buffer`], as one binding of a dispatch sees it: everything from `offset` on.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a> {
    /// The buffer.
    pub buffer: &'a Buffer,
    /// Where the binding begins, in bytes; a multiple of 256.
    pub offset: u64,
    /// How many bytes from there on are meant: what a profile counts.
    pub bytes: u64,
}

/// What was handed to the GPU.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Calls of `queue.submit`.
    pub submits: u64,
    /// Dispatches in them.
    pub dispatches: u64,
}

/// What a readback appends to a submit: `to` is filled from `from`.
pub(crate) struct Copy<'a> {
    pub from: &'a Buffer,
    pub offset: u64,
    pub to: &'a wgpu::Buffer,
}

pub(crate) struct Pipeline {
    raw: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    id: u64,
}

struct Recorded {
    pipeline: Arc<Pipeline>,
    bind_group: Arc<wgpu::BindGroup>,
    groups: [u32; 3],
}

/// What identifies a bind group: its pipeline, then buffer and offset of every binding.
type BindGroupKey = (u64, Vec<(u64, u64)>);

pub(crate) struct Recorder {
    pending: Vec<Recorded>,
    params: Vec<u8>,
    /// Floating-point operations that wait, and that one submit should hold.
    flop: u64,
    flop_per_submit: u64,
    /// Bytes written since the last submit.
    written: usize,
    /// Counts from 1; buffers remember the last one that used them.
    recording: u64,
    counters: Counters,
    uniforms: wgpu::Buffer,
    pipelines: HashMap<u64, Arc<Pipeline>>,
    bind_groups: HashMap<BindGroupKey, Arc<wgpu::BindGroup>>,
    layouts: HashMap<Vec<bool>, (wgpu::BindGroupLayout, wgpu::PipelineLayout)>,
    patches: Vec<(String, String, String)>,
    /// While dispatches are measured.
    pub(crate) profiler: Option<Profiler>,
}

impl Recorder {
    pub(crate) fn new(device: &wgpu::Device, flop_per_submit: u64) -> Self {
        let uniforms = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("params"),
            size: PARAMS_STRIDE * MAX_DISPATCHES as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Self {
            pending: Vec::new(),
            params: Vec::new(),
            flop: 0,
            flop_per_submit,
            written: 0,
            recording: 1,
            counters: Counters::default(),
            uniforms,
            pipelines: HashMap::new(),
            bind_groups: HashMap::new(),
            layouts: HashMap::new(),
            patches: Vec::new(),
            profiler: None,
        }
    }

    pub(crate) fn counters(&self) -> Counters {
        self.counters
    }

    /// Submits what waits if it has no room for another dispatch, or would take the GPU too long with it.
    pub(crate) fn make_room(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, flop: u64) {
        if self.pending.len() == MAX_DISPATCHES || self.flop + flop > self.flop_per_submit {
            self.submit(device, queue, None);
        }
        self.flop += flop;
    }

    /// Copies bytes into a buffer. That happens before everything that waits, so what uses the buffer goes first.
    pub(crate) fn write(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        buffer: &Buffer,
        offset: u64,
        bytes: &[u8],
    ) {
        if buffer.is_used_in(self.recording) {
            self.submit(device, queue, None);
        }
        queue.write_buffer(buffer.raw(), offset, bytes);
        self.written += bytes.len();
        if self.written > MAX_WRITTEN {
            queue.submit([]);
            self.counters.submits += 1;
            self.written = 0;
        }
    }

    pub(crate) fn patch(&mut self, shader: &str, from: &str, to: &str) {
        self.patches.push((shader.into(), from.into(), to.into()));
    }

    pub(crate) fn record(
        &mut self,
        device: &wgpu::Device,
        shader: &'static Shader,
        constants: &Constants,
        buffers: &[Binding<'_>],
        params: &[u8],
        (groups, flop): ([u32; 3], Option<u64>),
    ) {
        assert_eq!(buffers.len(), shader.buffers.len(), "bindings of shader {}", shader.name);
        assert!(params.len() as u64 <= PARAMS_STRIDE, "params of shader {} fit a uniform slot", shader.name);
        let pipeline = self.pipeline(device, shader, constants);
        let bind_group = self.bind_group(device, &pipeline, buffers);
        buffers.iter().for_each(|binding| binding.buffer.use_in(self.recording));
        if let Some(profiler) = &mut self.profiler {
            profiler.note(shader.name, flop.unwrap_or(0), buffers);
        }
        self.params.extend_from_slice(params);
        self.pending.push(Recorded { pipeline, bind_group, groups });
        self.params.resize(self.pending.len() * PARAMS_STRIDE as usize, 0);
    }

    /// Hands over what waits, and then a copy; `None` if there is nothing.
    pub(crate) fn submit(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        copy: Option<Copy<'_>>,
    ) -> Option<wgpu::SubmissionIndex> {
        if self.pending.is_empty() && copy.is_none() {
            return None;
        }
        if !self.params.is_empty() {
            queue.write_buffer(&self.uniforms, 0, &self.params);
        }
        let mut encoder = device.create_command_encoder(&Default::default());
        let dispatches_a_pass = if self.profiler.is_some() { 1 } else { self.pending.len().max(1) };
        for (first, dispatches) in self.pending.chunks(dispatches_a_pass).enumerate() {
            let timestamp_writes = self.profiler.as_ref().map(|profiler| profiler.timestamps(first));
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: None, timestamp_writes });
            let mut bound = u64::MAX;
            for (index, dispatch) in (first..).zip(dispatches) {
                if dispatch.pipeline.id != bound {
                    pass.set_pipeline(&dispatch.pipeline.raw);
                    bound = dispatch.pipeline.id;
                }
                pass.set_bind_group(0, &*dispatch.bind_group, &[(index as u64 * PARAMS_STRIDE) as u32]);
                let [x, y, z] = dispatch.groups;
                pass.dispatch_workgroups(x, y, z);
            }
        }
        if let Some(profiler) = &self.profiler {
            profiler.resolve(&mut encoder);
        }
        if let Some(Copy { from, offset, to }) = copy {
            encoder.copy_buffer_to_buffer(from.raw(), offset, to, 0, to.size());
        }
        let submission = queue.submit([encoder.finish()]);
        if let Some(profiler) = &mut self.profiler {
            profiler.collect(device, queue.get_timestamp_period());
        }
        self.counters.submits += 1;
        self.counters.dispatches += self.pending.len() as u64;
        self.pending.clear();
        self.params.clear();
        (self.flop, self.written) = (0, 0);
        self.recording += 1;
        Some(submission)
    }

    pub(crate) fn forget_bind_groups(&mut self) {
        self.bind_groups.clear();
    }

    fn pipeline(&mut self, device: &wgpu::Device, shader: &'static Shader, constants: &Constants) -> Arc<Pipeline> {
        let key = shader.key(constants);
        if let Some(found) = self.pipelines.get(&key) {
            return found.clone();
        }
        let mut source = shader.source(constants);
        for (_, from, to) in self.patches.iter().filter(|(name, ..)| name == shader.name) {
            assert!(source.contains(from.as_str()), "nothing to patch in {}: {from}", shader.name);
            source = source.replace(from, to);
        }
        let (layout, pipeline_layout) = self.layout(device, shader.buffers);
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(shader.name),
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        let raw = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(shader.name),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: None,
        });
        let pipeline = Arc::new(Pipeline { raw, layout, id: self.pipelines.len() as u64 });
        self.pipelines.insert(key, pipeline.clone());
        pipeline
    }

    fn layout(&mut self, device: &wgpu::Device, buffers: &[Access]) -> (wgpu::BindGroupLayout, wgpu::PipelineLayout) {
        let key: Vec<bool> = buffers.iter().map(|access| *access == Access::Read).collect();
        let create = || {
            let mut entries: Vec<_> = key
                .iter()
                .enumerate()
                .map(|(binding, read_only)| {
                    layout_entry(
                        binding,
                        wgpu::BindingType::Buffer {
                            ty: wgpu::BufferBindingType::Storage { read_only: *read_only },
                            has_dynamic_offset: false,
                            min_binding_size: None,
                        },
                    )
                })
                .collect();
            entries.push(layout_entry(
                key.len(),
                wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Uniform,
                    has_dynamic_offset: true,
                    min_binding_size: None,
                },
            ));
            let layout =
                device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries });
            let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                bind_group_layouts: &[Some(&layout)],
                ..Default::default()
            });
            (layout, pipeline_layout)
        };
        self.layouts.entry(key.clone()).or_insert_with(create).clone()
    }

    fn bind_group(
        &mut self,
        device: &wgpu::Device,
        pipeline: &Pipeline,
        buffers: &[Binding<'_>],
    ) -> Arc<wgpu::BindGroup> {
        let key = (pipeline.id, buffers.iter().map(|b| (b.buffer.id(), b.offset)).collect());
        if let Some(found) = self.bind_groups.get(&key) {
            return found.clone();
        }
        if self.bind_groups.len() >= MAX_BIND_GROUPS {
            self.bind_groups.clear();
        }
        let mut entries: Vec<_> = buffers
            .iter()
            .enumerate()
            .map(|(binding, slice)| wgpu::BindGroupEntry {
                binding: binding as u32,
                resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                    buffer: slice.buffer.raw(),
                    offset: slice.offset,
                    size: None,
                }),
            })
            .collect();
        entries.push(wgpu::BindGroupEntry {
            binding: buffers.len() as u32,
            resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer: &self.uniforms,
                offset: 0,
                size: wgpu::BufferSize::new(PARAMS_STRIDE),
            }),
        });
        let raw = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.layout,
            entries: &entries,
        });
        let bind_group = Arc::new(raw);
        self.bind_groups.insert(key, bind_group.clone());
        bind_group
    }
}

fn layout_entry(binding: usize, ty: wgpu::BindingType) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry { binding: binding as u32, visibility: wgpu::ShaderStages::COMPUTE, ty, count: None }
}
