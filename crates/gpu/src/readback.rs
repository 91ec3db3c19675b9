//! What was computed, on its way back to the host: asked for at once, waited for later.

use crate::recorder::Copy;
use crate::signal::{Receiver, signal};
use crate::{Buffer, Error, Gpu, Result};

/// What [`Gpu::start_read`] asked for; `None` of no bytes.
pub struct Readback(Option<Pending>);

struct Pending {
    staging: wgpu::Buffer,
    mapped: Receiver<std::result::Result<(), wgpu::BufferAsyncError>>,
    /// What is waited for, and not what came after it.
    submission: Option<wgpu::SubmissionIndex>,
}

impl Gpu {
    /// Submits, waits, and copies `bytes` bytes from `offset` on out of a buffer. Both are multiples of 4.
    pub async fn read(&self, buffer: &Buffer, offset: u64, bytes: u64) -> Result<Vec<u8>> {
        let asked = self.start_read(buffer, offset, bytes)?;
        self.finish_read(asked).await
    }

    /// The first half of [`Gpu::read`]: submits what was recorded, with the copy at its end. What is recorded afterwards
    /// does not change what will be read.
    pub fn start_read(&self, buffer: &Buffer, offset: u64, bytes: u64) -> Result<Readback> {
        self.check()?;
        self.check_buffer(buffer)?;
        if bytes == 0 {
            return Ok(Readback(None));
        }
        let staging = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("readback"),
            size: bytes,
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let copy = Copy { from: buffer, offset, to: &staging };
        let submission = self.recorder().submit(&self.device, &self.queue, Some(copy));
        let (sender, mapped) = signal();
        staging.map_async(wgpu::MapMode::Read, .., move |result| sender.send(result));
        Ok(Readback(Some(Pending { staging, mapped, submission })))
    }

    /// The second half of [`Gpu::read`]: waits.
    pub async fn finish_read(&self, asked: Readback) -> Result<Vec<u8>> {
        let Some(Pending { staging, mapped, submission }) = asked.0 else { return Ok(Vec::new()) };
        #[cfg(not(target_arch = "wasm32"))]
        if let Err(error) = self.device.poll(wgpu::PollType::Wait { submission_index: submission, timeout: None }) {
            // What the driver says of it, such as a lost device, tells more.
            let _ = self.device.poll(wgpu::PollType::wait_indefinitely());
            self.check()?;
            return Err(Error::Readback(error.to_string()));
        }
        #[cfg(target_arch = "wasm32")]
        drop(submission);
        // A browser may leave what was asked of a lost device unanswered for ever.
        let mapped = self.failure.unless_lost(mapped).await?;
        // A rejected command leaves zeros behind: look for it before the data is trusted.
        self.check()?;
        mapped.map_err(|e| Error::Readback(e.to_string()))?;
        let data = staging.get_mapped_range(..).map_err(|e| Error::Readback(e.to_string()))?.to_vec();
        staging.destroy();
        Ok(data)
    }
}
