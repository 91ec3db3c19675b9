//! Pooled host memory. Fresh pages cost about as much as the op that fills them, so buffers are kept.

use std::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use graftwork_gpu::MemoryUse;
use graftwork_gpu::shelf::{Shelf, size_class};

#[derive(Clone)]
pub(crate) struct CpuBuffer(Arc<Pooled>);

struct Pooled {
    data: RwLock<Vec<f32>>,
    pool: Weak<CpuPool>,
}

impl CpuBuffer {
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Vec<f32>> {
        self.0.data.read().expect("a CPU tensor's lock")
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Vec<f32>> {
        self.0.data.write().expect("a CPU tensor's lock")
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        if let (Some(pool), Ok(data)) = (self.pool.upgrade(), self.data.get_mut()) {
            let data = std::mem::take(data);
            let bytes = data.len() as u64 * 4;
            pool.shelf().give_back(data, bytes);
        }
    }
}

/// The host memory of a device's tensors, by size class.
#[derive(Debug, Default)]
pub(crate) struct CpuPool(Mutex<Shelf<Vec<f32>>>);

impl CpuPool {
    pub(crate) fn take(self: &Arc<Self>, len: usize) -> CpuBuffer {
        let class = size_class(len as u64 * 4);
        // Freeing happens without the lock.
        let (found, _surplus) = self.shelf().take(class);
        let data = found.map_or_else(
            || {
                self.shelf().made(class);
                vec![0.0; class as usize / 4]
            },
            |(data, _)| data,
        );
        CpuBuffer(Arc::new(Pooled { data: RwLock::new(data), pool: Arc::downgrade(self) }))
    }

    pub(crate) fn memory(&self) -> MemoryUse {
        self.shelf().memory()
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf<Vec<f32>>> {
        self.0.lock().expect("the pool's lock")
    }
}
