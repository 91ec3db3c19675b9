//! How much memory a piece of work takes, and how much it may.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::Write;

/// What a parser may take at most: 8 bytes for each byte of its input. Below 5 MiB the input does not matter: buffers and
/// tables have a size of their own.
#[must_use]
pub fn bound(input: usize) -> usize {
    (8 * input).max(40 << 20)
}

/// More than this ends the process: no machine should go down with a parser.
const MOST: isize = 3 << 30;

thread_local! {
    static NOW: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, counting what each thread has of it.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs `work`; how many bytes this thread had at most meanwhile beyond what it had before.
pub fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = NOW.get();
    PEAK.set(before);
    let done = work();
    (done, usize::try_from(PEAK.get() - before).unwrap_or(0))
}

fn add(bytes: isize) {
    // A thread that is ending has no counters any more.
    let _ = NOW.try_with(|now| {
        now.set(now.get() + bytes);
        if now.get() > PEAK.get() {
            PEAK.set(now.get());
        }
        if now.get() > MOST && bytes > 0 {
            now.set(isize::MIN / 2);
            let _ = std::io::stderr()
                .write_all(b"a parser asked for more than 3 GiB; its input is in the file that was named\n");
            std::process::abort();
        }
    });
}

#[expect(unsafe_code, reason = "an allocator is unsafe to write; all of it is left to the system's")]
// SAFETY: every call goes to `System` as it came; the counters neither allocate nor unwind.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size() as isize);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size() as isize);
        // SAFETY: as the caller promised.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        add(-(layout.size() as isize));
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(size as isize - layout.size() as isize);
        // SAFETY: as the caller promised.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
