use std::fmt;
#[cfg(not(target_arch = "wasm32"))]
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
#[cfg(not(target_arch = "wasm32"))]
use std::task::{Context, Poll, Waker};

use crate::buffer::{Allocation, Pool};
use crate::failure::Failure;
use crate::profile::timestamps;
use crate::recorder::Recorder;
use crate::shelf::size_class;
use crate::{
    Access, AdapterChoice, AdapterDescription, Binding, Buffer, Constants, Counters, Error, MemoryUse, Result, Shader,
};

/// What a workgroup counts for whose threads do little each: some arithmetic and a few accesses to memory, as 64 floating-point
/// operations of each of 64.
const FLOP_OF_A_LIGHT_GROUP: u64 = 64 * 64;

/// One open GPU device. Clones share it.
#[derive(Clone)]
pub struct Gpu {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    adapter: Arc<AdapterDescription>,
    pool: Arc<Pool>,
    recorder: Arc<Mutex<Recorder>>,
    pub(crate) failure: Arc<Failure>,
    limits: Arc<Limits>,
}

/// What the device grants, in bytes.
#[derive(Debug)]
struct Limits {
    buffer: AtomicU64,
    memory: AtomicU64,
}

impl fmt::Debug for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gpu").field("adapter", &self.adapter).finish_non_exhaustive()
    }
}

impl Gpu {
    /// Opens a device. Asks for WebGPU's default limits, but for buffers as large as the adapter can bind: only
    /// backbones with large vocabularies need more than the default 128 MiB.
    pub async fn open(choice: &AdapterChoice) -> Result<Self> {
        let adapter = crate::adapter::choose(choice).await?;
        let description = AdapterDescription::of(&adapter);
        let offered = adapter.limits();
        let limits = wgpu::Limits {
            max_storage_buffer_binding_size: offered.max_storage_buffer_binding_size,
            max_buffer_size: offered.max_buffer_size,
            ..wgpu::Limits::default()
        };
        let max_bytes = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor {
                label: Some("graftwork"),
                required_features: timestamps(&adapter),
                required_limits: limits,
                ..Default::default()
            })
            .await
            .map_err(|e| Error::NoDevice { adapter: description.name.clone(), reason: e.to_string() })?;

        let failure = Arc::new(Failure::default());
        let seen = failure.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            seen.keep_first(match error {
                wgpu::Error::OutOfMemory { .. } => Error::OutOfMemory(error.to_string()),
                _ => Error::Validation(error.to_string()),
            });
        }));
        let seen = failure.clone();
        device.set_device_lost_callback(move |reason, message| seen.lose(format!("{reason:?}: {message}")));
        let recorder = Arc::new(Mutex::new(Recorder::new(&device, description.flop_per_submit())));
        Ok(Self {
            device,
            queue,
            adapter: Arc::new(description),
            pool: Arc::new(Pool::default()),
            recorder,
            failure,
            limits: Arc::new(Limits { buffer: max_bytes.into(), memory: u64::MAX.into() }),
        })
    }

    /// The adapter behind this device.
    pub fn adapter(&self) -> &AdapterDescription {
        &self.adapter
    }

    /// The most bytes that one buffer can have.
    pub fn max_buffer_bytes(&self) -> u64 {
        self.limits.buffer.load(Ordering::Relaxed)
    }

    /// Floating-point operations that one submit should hold at most: about a quarter of a second of a slow device of
    /// this kind, because drivers end what takes longer than two.
    pub fn flop_per_submit(&self) -> u64 {
        self.adapter.flop_per_submit()
    }

    /// A buffer of at least `bytes` bytes with undefined content, from the pool if one waits there.
    ///
    /// Always gives one. If it is over the device's limit or there is no memory for it, it holds nothing, whatever is
    /// computed from it holds nothing either, and [`Gpu::check_buffer`] and [`Gpu::read`] say why.
    pub fn buffer(&self, bytes: u64) -> Buffer {
        let limit = self.max_buffer_bytes();
        if bytes > limit {
            return Buffer::failed(Error::TooLarge { bytes, limit });
        }
        let class = size_class(bytes);
        let (found, surplus) = self.pool.take(class);
        if !surplus.is_empty() {
            // What is recorded may use them.
            self.submit();
            surplus.into_iter().for_each(|allocation| _ = allocation.destroy());
        }
        if let Some(buffer) = found {
            return buffer;
        }
        let made = self.create(class).or_else(|_| {
            self.trim();
            // Destroyed memory is free when the GPU no longer uses it. A lost device says so when something is read.
            #[cfg(not(target_arch = "wasm32"))]
            let _ = self.device.poll(wgpu::PollType::wait_indefinitely());
            self.create(class)
        });
        made.map_or_else(Buffer::failed, |raw| self.pool.adopt(raw))
    }

    /// Asks the driver for a buffer. A browser says later, by [`Gpu::check`], that there was no memory.
    fn create(&self, bytes: u64) -> Result<wgpu::Buffer> {
        let held = self.memory();
        if held.used_bytes + held.pooled_bytes + bytes > self.limits.memory.load(Ordering::Relaxed) {
            return Err(Error::OutOfMemory("more than the test grants".to_owned()));
        }
        let (raw, refused) = capture_out_of_memory(&self.device, || {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size: bytes,
                usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        });
        refused.map_or(Ok(raw), |error| Err(Error::OutOfMemory(error.to_string())))
    }

    /// Copies bytes into a buffer, in order with the recorded dispatches. Offset and length are multiples of 4.
    pub fn write(&self, buffer: &Buffer, offset: u64, bytes: &[u8]) {
        if bytes.is_empty() || self.lost().is_some() || buffer.failure().is_some() {
            return;
        }
        self.recorder().write(&self.device, &self.queue, buffer, offset, bytes);
    }

    /// Records one dispatch of a shader's variant that takes `flop` floating-point operations; `None` are workgroups whose
    /// threads do little each.
    ///
    /// # Panics
    /// If the number of buffers or the size of `params` doesn't fit the shader: a bug in the op.
    pub fn dispatch(
        &self,
        shader: &'static Shader,
        constants: &Constants,
        buffers: &[Binding<'_>],
        params: &[u8],
        groups: [u32; 3],
        flop: Option<u64>,
    ) {
        if groups.contains(&0) || self.lost().is_some() {
            return;
        }
        if let Some(error) = buffers.iter().find_map(|binding| binding.buffer.failure()) {
            let written = shader.buffers.iter().zip(buffers).filter(|(access, _)| **access == Access::ReadWrite);
            written.for_each(|(_, binding)| binding.buffer.spoil(error));
            return;
        }
        let mut recorder = self.recorder();
        let light = || groups.iter().map(|n| u64::from(*n)).product::<u64>() * FLOP_OF_A_LIGHT_GROUP;
        recorder.make_room(&self.device, &self.queue, flop.unwrap_or_else(light));
        recorder.record(&self.device, shader, constants, buffers, params, (groups, flop));
    }

    /// Hands everything recorded so far to the GPU, without waiting for it.
    pub fn submit(&self) {
        self.recorder().submit(&self.device, &self.queue, None);
    }

    /// The loss of the device, or what the driver reported since this was last asked.
    pub fn check(&self) -> Result<()> {
        let taken = self.failure.take();
        if let Err(Error::OutOfMemory(_)) = taken {
            // The pool may hold what a browser could not make, and what it holds is needed.
            self.trim();
        }
        taken
    }

    /// Why a buffer's content is not what it should be, if it is not.
    pub fn check_buffer(&self, buffer: &Buffer) -> Result<()> {
        buffer.failure().map_or(Ok(()), |error| Err(error.clone()))
    }

    /// The loss, once the device is lost.
    pub fn lost(&self) -> Option<Error> {
        self.failure.lost()
    }

    /// What was handed to the GPU since the device was opened.
    pub fn counters(&self) -> Counters {
        self.recorder().counters()
    }

    /// Bytes and buffers that this device holds.
    pub fn memory(&self) -> MemoryUse {
        self.pool.memory()
    }

    /// Frees every pooled buffer that nobody uses; returns the bytes.
    pub fn trim(&self) -> u64 {
        self.submit();
        self.recorder().forget_bind_groups();
        self.pool.clear().into_iter().map(Allocation::destroy).sum()
    }

    /// Destroys the device: everything that uses it fails with [`Error::Lost`] from now on.
    pub fn destroy(&self) {
        self.device.destroy();
    }

    /// For tests of the tests: replaces a piece of a shader's text from now on, to plant a fault.
    #[doc(hidden)]
    pub fn patch_shader(&self, shader: &str, from: &str, to: &str) {
        self.recorder().patch(shader, from, to);
    }

    /// For tests: as if the device granted no more bytes than these, to one buffer and in all.
    #[doc(hidden)]
    pub fn pretend_limits(&self, buffer: u64, memory: u64) {
        self.limits.buffer.store(buffer, Ordering::Relaxed);
        self.limits.memory.store(memory, Ordering::Relaxed);
    }

    pub(crate) fn recorder(&self) -> MutexGuard<'_, Recorder> {
        self.recorder.lock().expect("the recorder's lock")
    }
}

/// Runs `create` and says whether the driver had no memory for it; a browser does not say so at once.
#[cfg(not(target_arch = "wasm32"))]
fn capture_out_of_memory<T>(device: &wgpu::Device, create: impl FnOnce() -> T) -> (T, Option<wgpu::Error>) {
    let scope = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
    let made = create();
    let mut popped = std::pin::pin!(scope.pop());
    let polled = popped.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    (made, if let Poll::Ready(error) = polled { error } else { None })
}

#[cfg(target_arch = "wasm32")]
fn capture_out_of_memory<T>(_: &wgpu::Device, create: impl FnOnce() -> T) -> (T, Option<wgpu::Error>) {
    (create(), None)
}
