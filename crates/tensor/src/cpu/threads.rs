//! How many threads compute.

#[cfg(not(target_arch = "wasm32"))]
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// 0 until somebody asks.
#[cfg(not(target_arch = "wasm32"))]
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Threads that loops use: what [`use_threads`] said, else as many as there are processors for this process.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn threads() -> usize {
    match THREADS.load(Relaxed) {
        0 => {
            let count = std::thread::available_parallelism().map_or(1, usize::from);
            THREADS.store(count, Relaxed);
            count
        }
        count => count,
    }
}

/// Threads that loops use: in WebAssembly the one.
#[cfg(target_arch = "wasm32")]
pub(crate) const fn threads() -> usize {
    1
}

/// Says how many threads an op on the CPU may take, the one that calls it counted; without it they are as many as there are processors.
/// The bytes of a result are the same for any number.
#[cfg(not(target_arch = "wasm32"))]
pub fn use_threads(count: std::num::NonZero<usize>) {
    THREADS.store(count.get(), Relaxed);
}

/// Runs a test with so many threads. Nobody else says another number meanwhile.
#[cfg(test)]
pub(crate) fn with_threads<R>(count: usize, test: impl FnOnce() -> R) -> R {
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let before = threads();
    THREADS.store(count, Relaxed);
    let result = test();
    THREADS.store(before, Relaxed);
    result
}
