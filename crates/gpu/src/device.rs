use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::buffer::Pool;
use crate::failure::Failure;
use crate::recorder::Recorder;
use crate::{AdapterChoice, AdapterDescription, Binding, Buffer, Constants, Error, MemoryUse, Result, Shader};

/// Bytes from which a write is submitted at once.
const LARGE_WRITE: usize = 1 << 20;

/// One open GPU device. Clones share it.
#[derive(Clone)]
pub struct Gpu {
    device: wgpu::Device,
    queue: wgpu::Queue,
    adapter: Arc<AdapterDescription>,
    pool: Arc<Pool>,
    recorder: Arc<Mutex<Recorder>>,
    failure: Arc<Failure>,
    max_bytes: u64,
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
        let recorder = Arc::new(Mutex::new(Recorder::new(&device)));
        Ok(Self {
            device,
            queue,
            adapter: Arc::new(description),
            pool: Arc::new(Pool::default()),
            recorder,
            failure,
            max_bytes,
        })
    }

    /// The adapter behind this device.
    pub fn adapter(&self) -> &AdapterDescription {
        &self.adapter
    }

    /// The most bytes that one buffer can have.
    pub fn max_buffer_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// A buffer of at least `bytes` bytes with undefined content, from the pool if one waits there.
    ///
    /// A buffer over the device's limit is reported by the next [`Gpu::check`] or [`Gpu::read`].
    pub fn buffer(&self, bytes: u64) -> Buffer {
        if bytes > self.max_bytes {
            self.failure.keep_first(Error::TooLarge { bytes, limit: self.max_bytes });
            return self.pool.take(&self.device, 256);
        }
        self.pool.take(&self.device, bytes)
    }

    /// Copies bytes into a buffer, in order with the recorded dispatches. Offset and length are multiples of 4.
    pub fn write(&self, buffer: &Buffer, offset: u64, bytes: &[u8]) {
        if bytes.is_empty() || self.failed() {
            return;
        }
        self.submit();
        self.queue.write_buffer(buffer.raw(), offset, bytes);
        if bytes.len() > LARGE_WRITE {
            // wgpu keeps a copy of what was written until the next submit: a backbone must not pile up there.
            self.queue.submit([]);
        }
    }

    /// Records one dispatch of a shader's variant.
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
    ) {
        if groups.contains(&0) || self.failed() {
            return;
        }
        let mut recorder = self.recorder();
        recorder.record(&self.device, shader, constants, buffers, params, groups);
        if recorder.is_full() {
            recorder.submit(&self.device, &self.queue);
        }
    }

    /// Hands everything recorded so far to the GPU, without waiting for it.
    pub fn submit(&self) {
        self.recorder().submit(&self.device, &self.queue);
    }

    /// Submits, waits, and copies `bytes` bytes from `offset` on out of a buffer. Both are multiples of 4.
    pub async fn read(&self, buffer: &Buffer, offset: u64, bytes: u64) -> Result<Vec<u8>> {
        if bytes == 0 {
            return self.check().map(|()| Vec::new());
        }
        self.check()?;
        self.submit();
        let staging = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("readback"),
            size: bytes,
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = self.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(buffer.raw(), offset, &staging, 0, bytes);
        self.queue.submit([encoder.finish()]);

        let (sender, receiver) = crate::signal::signal();
        staging.map_async(wgpu::MapMode::Read, .., move |result| sender.send(result));
        #[cfg(not(target_arch = "wasm32"))]
        if let Err(error) = self.device.poll(wgpu::PollType::wait_indefinitely()) {
            // What the driver said of it, such as a lost device, tells more.
            self.check()?;
            return Err(Error::Readback(error.to_string()));
        }
        // A browser may leave what was asked of a lost device unanswered for ever.
        let mapped = self.failure.unless_lost(receiver).await?;
        // A rejected command leaves zeros behind: look for it before the data is trusted.
        self.check()?;
        mapped.map_err(|e| Error::Readback(e.to_string()))?;
        let data = staging.get_mapped_range(..).map_err(|e| Error::Readback(e.to_string()))?.to_vec();
        staging.destroy();
        Ok(data)
    }

    /// The first error that the driver reported since the device was opened, if any.
    pub fn check(&self) -> Result<()> {
        self.failure.check()
    }

    /// Bytes and buffers that this device holds.
    pub fn memory(&self) -> MemoryUse {
        self.pool.memory()
    }

    /// Frees every pooled buffer that nobody uses; returns the bytes.
    pub fn trim(&self) -> u64 {
        self.submit();
        self.recorder().forget_bind_groups();
        self.pool.trim()
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

    fn failed(&self) -> bool {
        self.failure.check().is_err()
    }

    fn recorder(&self) -> MutexGuard<'_, Recorder> {
        self.recorder.lock().expect("the recorder's lock")
    }
}
