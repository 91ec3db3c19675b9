//! Pooled storage buffers: dropped ones wait on a shelf and are handed out again, so that a training step creates none
//! after the first few.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use crate::shelf::Shelf;
use crate::{Error, MemoryUse};

/// A storage buffer on the GPU. Clones share it; when the last one is dropped it goes back to its pool.
/// Its bytes are undefined until written.
#[derive(Debug, Clone)]
pub struct Buffer(Arc<Pooled>);

#[derive(Debug)]
struct Pooled {
    /// None if there was no memory for it.
    allocation: Option<Allocation>,
    /// Why its content will never be what it should.
    failure: OnceLock<Error>,
    pool: Weak<Pool>,
}

#[derive(Debug)]
pub(crate) struct Allocation {
    raw: wgpu::Buffer,
    id: u64,
    /// The last recording whose dispatches use it, counted from 1.
    recording: AtomicU64,
}

impl Buffer {
    /// A buffer that could not be made: what is computed from it fails, and nothing else does.
    pub(crate) fn failed(error: Error) -> Self {
        Self(Arc::new(Pooled { allocation: None, failure: OnceLock::from(error), pool: Weak::new() }))
    }

    /// Why its content is not to be used, if it is not: it could not be made, or was computed from one that could not.
    pub(crate) fn failure(&self) -> Option<&Error> {
        self.0.failure.get()
    }

    /// Marks its content as not to be used.
    pub(crate) fn spoil(&self, error: &Error) {
        self.0.failure.get_or_init(|| error.clone());
    }

    pub(crate) fn raw(&self) -> &wgpu::Buffer {
        &self.allocation().raw
    }

    /// Identifies the underlying allocation, also after it went through the pool.
    pub(crate) fn id(&self) -> u64 {
        self.allocation().id
    }

    pub(crate) fn use_in(&self, recording: u64) {
        self.allocation().recording.store(recording, Ordering::Relaxed);
    }

    pub(crate) fn is_used_in(&self, recording: u64) -> bool {
        self.allocation().recording.load(Ordering::Relaxed) == recording
    }

    fn allocation(&self) -> &Allocation {
        self.0.allocation.as_ref().expect("failed buffers are not touched")
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        if let (Some(allocation), Some(pool)) = (self.allocation.take(), self.pool.upgrade()) {
            let size = allocation.raw.size();
            pool.shelf().give_back(allocation, size);
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Pool {
    shelf: Mutex<Shelf<Allocation>>,
    next_id: AtomicU64,
}

impl Pool {
    /// A buffer of at least this size class that was used before; and those that now wait in vain.
    pub(crate) fn take(self: &Arc<Self>, class: u64) -> (Option<Buffer>, Vec<Allocation>) {
        let (found, surplus) = self.shelf().take(class);
        (found.map(|(allocation, _)| self.buffer(allocation)), surplus)
    }

    /// A new buffer in the pool's care.
    pub(crate) fn adopt(self: &Arc<Self>, raw: wgpu::Buffer) -> Buffer {
        self.shelf().made(raw.size());
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        self.buffer(Allocation { raw, id, recording: AtomicU64::new(0) })
    }

    fn buffer(self: &Arc<Self>, allocation: Allocation) -> Buffer {
        let (failure, pool) = (OnceLock::new(), Arc::downgrade(self));
        Buffer(Arc::new(Pooled { allocation: Some(allocation), failure, pool }))
    }

    /// Every buffer that waits, to be destroyed.
    pub(crate) fn clear(&self) -> Vec<Allocation> {
        self.shelf().clear()
    }

    pub(crate) fn memory(&self) -> MemoryUse {
        self.shelf().memory()
    }

    fn shelf(&self) -> std::sync::MutexGuard<'_, Shelf<Allocation>> {
        self.shelf.lock().expect("the pool's lock")
    }
}

impl Allocation {
    /// Frees the memory now, although bind groups of the past still hold the handle. Returns the bytes.
    ///
    /// No dispatch that waits to be submitted may use it.
    pub(crate) fn destroy(self) -> u64 {
        self.raw.destroy();
        self.raw.size()
    }
}
