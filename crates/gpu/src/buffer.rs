//! Pooled storage buffers: dropped ones are kept by size class and handed out again, so that a training step
//! creates none after the first few.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

/// A storage buffer on the GPU. Clones share it; when the last one is dropped it goes back to its pool.
/// Its bytes are undefined until written.
#[derive(Debug, Clone)]
pub struct Buffer(Arc<Pooled>);

#[derive(Debug)]
struct Pooled {
    raw: Option<wgpu::Buffer>,
    id: u64,
    pool: Weak<Pool>,
}

impl Buffer {
    pub(crate) fn raw(&self) -> &wgpu::Buffer {
        self.0.raw.as_ref().expect("a live buffer has its wgpu buffer")
    }

    /// Identifies the underlying allocation, also after it went through the pool.
    pub(crate) fn id(&self) -> u64 {
        self.0.id
    }

    /// Bytes in the allocation: the size asked for, rounded up to a size class.
    pub fn capacity(&self) -> u64 {
        self.raw().size()
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        if let (Some(raw), Some(pool)) = (self.raw.take(), self.pool.upgrade()) {
            pool.give_back(raw, self.id);
        }
    }
}

/// What the pool holds, in bytes and buffers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// Bytes in buffers that somebody uses.
    pub used_bytes: u64,
    /// Bytes in buffers that wait to be used again.
    pub pooled_bytes: u64,
    /// Buffers that exist, used or pooled.
    pub buffers: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Pool {
    free: Mutex<HashMap<u64, Vec<(wgpu::Buffer, u64)>>>,
    next_id: AtomicU64,
    total_bytes: AtomicU64,
    pooled_bytes: AtomicU64,
    buffers: AtomicU64,
}

/// Size classes: four a power of two, so at most a fifth is wasted, and batches of nearly equal size share buffers.
fn size_class(bytes: u64) -> u64 {
    let bytes = bytes.max(256);
    let quarter = (bytes.next_power_of_two() / 8).max(64);
    bytes.div_ceil(quarter) * quarter
}

impl Pool {
    pub(crate) fn take(self: &Arc<Self>, device: &wgpu::Device, bytes: u64) -> Buffer {
        let class = size_class(bytes);
        let reused = self.free.lock().expect("the pool's lock").get_mut(&class).and_then(Vec::pop);
        let (raw, id) = match reused {
            Some(found) => {
                self.pooled_bytes.fetch_sub(class, Ordering::Relaxed);
                found
            }
            None => {
                self.total_bytes.fetch_add(class, Ordering::Relaxed);
                self.buffers.fetch_add(1, Ordering::Relaxed);
                let raw = device.create_buffer(&wgpu::BufferDescriptor {
                    label: None,
                    size: class,
                    usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
                    mapped_at_creation: false,
                });
                (raw, self.next_id.fetch_add(1, Ordering::Relaxed))
            }
        };
        Buffer(Arc::new(Pooled { raw: Some(raw), id, pool: Arc::downgrade(self) }))
    }

    fn give_back(&self, raw: wgpu::Buffer, id: u64) {
        let class = raw.size();
        self.pooled_bytes.fetch_add(class, Ordering::Relaxed);
        self.free.lock().expect("the pool's lock").entry(class).or_default().push((raw, id));
    }

    /// Frees every buffer that waits in the pool; returns how many bytes that were.
    pub(crate) fn trim(&self) -> u64 {
        let freed: Vec<_> = self.free.lock().expect("the pool's lock").drain().flat_map(|(_, list)| list).collect();
        let bytes = freed.iter().map(|(raw, _)| raw.size()).sum();
        for (raw, _) in &freed {
            raw.destroy();
        }
        self.pooled_bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.total_bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.buffers.fetch_sub(freed.len() as u64, Ordering::Relaxed);
        bytes
    }

    pub(crate) fn memory(&self) -> MemoryUse {
        let pooled_bytes = self.pooled_bytes.load(Ordering::Relaxed);
        MemoryUse {
            used_bytes: self.total_bytes.load(Ordering::Relaxed) - pooled_bytes,
            pooled_bytes,
            buffers: self.buffers.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::size_class;

    #[test]
    fn size_classes_hold_what_is_asked_and_waste_little() {
        for bytes in (1u64..100_000).step_by(7).chain([1 << 27, (1 << 27) - 1]) {
            let class = size_class(bytes);
            assert!(class >= bytes && class.is_multiple_of(64));
            assert!(bytes < 1024 || class * 4 <= bytes * 5, "{bytes} -> {class}");
        }
        assert_eq!(size_class(1 << 27), 1 << 27);
    }
}
