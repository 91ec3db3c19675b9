//! Which code the inputs have reached, when it is compiled to count that (`crates/xtask/src/fuzz.rs`).

use std::sync::Mutex;

/// The counters of each compiled piece of code: where they begin, and how many there are.
static COUNTERS: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());

/// LLVM's instrumentation calls this once for each piece of code, before `main`.
///
/// <https://clang.llvm.org/docs/SanitizerCoverage.html#inline-8bit-counters>
#[expect(unsafe_code, reason = "the name is LLVM's")]
#[unsafe(no_mangle)]
extern "C" fn __sanitizer_cov_8bit_counters_init(start: *mut u8, end: *mut u8) {
    let length = (end as usize).saturating_sub(start as usize);
    let mut counters = COUNTERS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !counters.contains(&(start as usize, length)) {
        counters.push((start as usize, length));
    }
}

/// What has been reached so far.
#[derive(Debug, Default)]
pub struct Coverage {
    /// For each counter, how often it was counted in one run: a bit for each power of two.
    seen: Vec<u8>,
}

impl Coverage {
    /// How many places have been reached; 0 without counters.
    #[must_use]
    pub fn places(&self) -> usize {
        self.seen.iter().filter(|seen| **seen != 0).count()
    }

    /// Whether the code that ran since the last call reached a place, or reached it so often, for the first time; never
    /// without counters.
    pub fn is_new(&mut self) -> bool {
        let regions = COUNTERS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.seen.resize(regions.iter().map(|(_, length)| length).sum(), 0);
        let (mut is_new, mut seen) = (false, self.seen.iter_mut());
        for &(start, length) in regions.iter() {
            #[expect(unsafe_code, reason = "the counters belong to the instrumented code")]
            // SAFETY: LLVM said that these bytes are its counters. They are statics, and only this thread runs
            // instrumented code while it fuzzes.
            let counters = unsafe { std::slice::from_raw_parts_mut(start as *mut u8, length) };
            for (counter, seen) in counters.iter_mut().zip(seen.by_ref()) {
                let often = std::mem::take(counter).checked_ilog2().map_or(0, |power| 1 << power);
                is_new |= often & !*seen != 0;
                *seen |= often;
            }
        }
        is_new
    }
}
