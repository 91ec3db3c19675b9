//! Threads that help whoever computes. An op of a short text takes some microseconds, less than it takes to wake a thread: so a helper
//! looks out for the next op for a moment before it sleeps, and nobody ever waits for one that is not there yet.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How long a helper looks out for more to do: longer than what lies between two ops.
const PATIENCE: Duration = Duration::from_micros(100);
/// Looks at what others do, some 40 microseconds of them, after which it is their turn on the processor.
const LOOKS: u32 = 1000;

static CREW: Crew = Crew {
    helpers: Mutex::new(Vec::new()),
    call: AtomicUsize::new(0),
    work: AtomicPtr::new(ptr::null_mut()),
    inside: AtomicUsize::new(0),
};

struct Crew {
    /// Locked by the thread that they help: there is one at a time.
    helpers: Mutex<Vec<Helper>>,
    /// The number of the last call for help times [`MOST`], and how many helpers were called.
    call: AtomicUsize,
    /// What there is to do, while there is.
    work: AtomicPtr<Work<'static>>,
    /// Helpers that may be looking at it.
    inside: AtomicUsize,
}

/// More than the helpers of any call.
const MOST: usize = 1 << 10;

struct Helper {
    thread: Thread,
    is_asleep: Arc<AtomicBool>,
}

struct Work<'a> {
    body: &'a (dyn Fn() + Sync),
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

/// Calls `body` on this thread, and on up to so many others that have time while it runs here. It returns once all have. `body` is to take
/// pieces of the work until there are none: it may be that it is called here alone, as it is where it was called from a `body`.
pub(super) fn with_helpers(count: usize, body: &(dyn Fn() + Sync)) {
    let mut helpers = match CREW.helpers.try_lock() {
        Ok(helpers) => helpers,
        Err(TryLockError::Poisoned(helpers)) => helpers.into_inner(),
        Err(TryLockError::WouldBlock) => return body(),
    };
    let count = count.min(MOST - 1);
    while helpers.len() < count {
        let Some(helper) = Helper::start(helpers.len()) else { break };
        helpers.push(helper);
    }
    let work = Work { body, panic: Mutex::new(None) };
    CREW.work.store(ptr::from_ref(&work).cast_mut().cast(), SeqCst);
    let last = CREW.call.load(SeqCst);
    CREW.call.store((last / MOST).wrapping_add(1).wrapping_mul(MOST) + count, SeqCst);
    helpers.iter().take(count).for_each(Helper::wake);
    let here = catch_unwind(AssertUnwindSafe(body));
    // Whoever comes from now on finds nothing; `work` stays until the others are through.
    CREW.work.store(ptr::null_mut(), SeqCst);
    wait_until(|| CREW.inside.load(SeqCst) == 0);
    drop(helpers);
    let there = work.panic.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(panic) = here.err().or(there) {
        resume_unwind(panic);
    }
}

fn wait_until(is_so: impl Fn() -> bool) {
    let mut looks: u32 = 0;
    while !is_so() {
        looks = looks.saturating_add(1);
        if looks > LOOKS { thread::yield_now() } else { std::hint::spin_loop() }
    }
}

impl Helper {
    /// None if the system has no thread for it.
    fn start(number: usize) -> Option<Self> {
        let is_asleep = Arc::new(AtomicBool::new(false));
        let own = is_asleep.clone();
        let thread = thread::Builder::new().name(format!("graftwork-{}", number + 1));
        let thread = thread.spawn(move || help(number, &own)).ok()?.thread().clone();
        Some(Self { thread, is_asleep })
    }

    fn wake(&self) {
        if self.is_asleep.swap(false, SeqCst) {
            self.thread.unpark();
        }
    }
}

/// What a helper does as long as the process lives.
fn help(number: usize, is_asleep: &AtomicBool) {
    let mut seen = 0;
    loop {
        seen = next_call(number, seen, is_asleep);
        CREW.inside.fetch_add(1, SeqCst);
        #[expect(unsafe_code, reason = "what is borrowed on one thread is used on others that outlive it")]
        // SAFETY: `with_helpers` takes the pointer away, and then does not return while anybody is inside. Who came inside after that
        // finds no pointer, because all of these steps have one order.
        let work = unsafe { CREW.work.load(SeqCst).as_ref() };
        if let Some(work) = work
            && let Err(panic) = catch_unwind(AssertUnwindSafe(work.body))
        {
            *work.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
        }
        CREW.inside.fetch_sub(1, SeqCst);
    }
}

/// Waits until a call comes that is not the one that was seen, and means this helper.
fn next_call(number: usize, seen: usize, is_asleep: &AtomicBool) -> usize {
    let mut began = Instant::now();
    loop {
        let call = CREW.call.load(SeqCst);
        if call != seen && number < call % MOST {
            return call;
        }
        if began.elapsed() < PATIENCE {
            std::hint::spin_loop();
            continue;
        }
        is_asleep.store(true, SeqCst);
        // A call that came before that would not wake it.
        if CREW.call.load(SeqCst) == call {
            thread::park();
        }
        is_asleep.store(false, SeqCst);
        began = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;

    use super::*;

    /// Counts up to a number together, each number once.
    fn count_up(helpers: usize, to: usize) -> Vec<usize> {
        let next = AtomicUsize::new(0);
        let found = Mutex::new(Vec::new());
        with_helpers(helpers, &|| {
            loop {
                let number = next.fetch_add(1, Relaxed);
                if number >= to {
                    return;
                }
                found.lock().unwrap().push(number);
            }
        });
        let mut found = found.into_inner().unwrap();
        found.sort_unstable();
        found
    }

    /// From several threads at once, with pauses in which helpers fall asleep.
    #[test]
    fn every_piece_is_done_once_and_before_it_returns() {
        thread::scope(|scope| {
            for caller in 0..3 {
                scope.spawn(move || {
                    for i in 0..2000 {
                        let to = i % 40;
                        assert_eq!(count_up(1 + i % 5, to), (0..to).collect::<Vec<_>>());
                        if i % 100 == caller {
                            thread::sleep(2 * PATIENCE);
                        }
                    }
                });
            }
        });
    }

    #[test]
    fn a_panic_is_the_callers_and_helps_goes_on() {
        for who in [true, false] {
            let caller = thread::current().id();
            let came = AtomicBool::new(false);
            let result = catch_unwind(|| {
                with_helpers(2, &|| {
                    let is_caller = thread::current().id() == caller;
                    came.fetch_or(is_caller == who, SeqCst);
                    assert!(is_caller != who, "planned");
                    // So that somebody else comes, too, if nobody else is being helped.
                    let began = Instant::now();
                    wait_until(|| came.load(SeqCst) || began.elapsed() > Duration::from_millis(100));
                });
            });
            assert_eq!(result.is_err(), came.load(SeqCst));
            assert_eq!(count_up(2, 100).len(), 100);
        }
    }

    #[test]
    fn inside_work_there_is_more_work() {
        let total = AtomicUsize::new(0);
        with_helpers(2, &|| _ = total.fetch_add(count_up(2, 10).len(), Relaxed));
        assert!(total.into_inner() >= 10);
    }
}
