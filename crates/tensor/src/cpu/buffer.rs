//! Pooled host memory. Fresh pages cost about as much as the op that fills them, so buffers are kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

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
            pool.give_back(std::mem::take(data));
        }
    }
}

/// Buffers that wait to be used again, by exact length.
#[derive(Default)]
pub(crate) struct CpuPool {
    free: Mutex<Free>,
}

#[derive(Default)]
struct Free {
    by_len: HashMap<usize, Vec<Vec<f32>>>,
    floats: usize,
}

impl std::fmt::Debug for CpuPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CpuPool")
    }
}

/// Floats kept in the pool at most (256 MiB); over that, everything that waits is freed.
const MAX_POOLED: usize = 64 << 20;

impl CpuPool {
    pub(crate) fn take(self: &Arc<Self>, len: usize) -> CpuBuffer {
        let class = size_class(len);
        let reused = {
            let mut free = self.free.lock().expect("the pool's lock");
            let found = free.by_len.get_mut(&class).and_then(Vec::pop);
            if found.is_some() {
                free.floats -= class;
            }
            found
        };
        let data = reused.unwrap_or_else(|| vec![0.0; class]);
        CpuBuffer(Arc::new(Pooled { data: RwLock::new(data), pool: Arc::downgrade(self) }))
    }

    fn give_back(&self, data: Vec<f32>) {
        let mut free = self.free.lock().expect("the pool's lock");
        if free.floats + data.len() > MAX_POOLED {
            *free = Free::default();
        }
        free.floats += data.len();
        free.by_len.entry(data.len()).or_default().push(data);
    }
}

/// Four classes a power of two, so that batches of nearly equal size share buffers.
fn size_class(len: usize) -> usize {
    let step = (len.max(64).next_power_of_two() / 8).max(16);
    len.max(1).div_ceil(step) * step
}
