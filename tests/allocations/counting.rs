//! The system's allocator, counting what each thread asks of it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// From so many bytes on an allocation is a large one.
pub const LARGE: usize = 4096;

/// Allocations of a thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allocations {
    pub small: usize,
    pub large: usize,
    /// Bytes of the largest.
    pub largest: usize,
}

thread_local! {
    static MADE: Cell<Allocations> = const { Cell::new(Allocations { small: 0, large: 0, largest: 0 }) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs `work`; what this thread allocated meanwhile.
pub fn allocations(work: impl FnOnce()) -> Allocations {
    MADE.set(Allocations::default());
    work();
    MADE.get()
}

fn count(bytes: usize) {
    // A thread that is ending has no counters any more.
    let _ = MADE.try_with(|made| {
        let Allocations { small, large, largest } = made.get();
        let is_large = bytes >= LARGE;
        made.set(Allocations {
            small: small + usize::from(!is_large),
            large: large + usize::from(is_large),
            largest: largest.max(bytes),
        });
    });
}

#[expect(unsafe_code, reason = "an allocator is unsafe to write; all of it is left to the system's")]
// SAFETY: every call goes to `System` as it came; the counters neither allocate nor unwind.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as the caller promised.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: as the caller promised.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
