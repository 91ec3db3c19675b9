//! Ctrl-C: the first one asks, the second one kills.

use std::future::{IntoFuture, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use graftwork::block_on;

use crate::failure::{Failure, Kind, Result};

/// Whether the user wants the program to end.
#[derive(Debug, Default)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
    installed: AtomicBool,
}

impl Interrupt {
    /// Takes over Ctrl-C (and the signals by which a system asks a program to end) for the rest of the process; until
    /// then it just ends the program. Does nothing the second time.
    ///
    /// # Errors
    /// If the system does not allow it.
    pub fn install(&self) -> Result<()> {
        if self.installed.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let flag = Arc::clone(&self.asked);
        ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::SeqCst) {
                std::process::exit(Kind::Interrupted as i32);
            }
            eprintln!("\ninterrupted: saving what is done (once more to stop at once)");
        })
        .map_err(|error| Failure::of(Kind::Failure, &error))
    }

    /// What comes of some work, or nothing if it is interrupted: then it is dropped where it next gives way.
    pub fn unless_set<T>(&self, work: impl IntoFuture<Output = T>) -> Option<T> {
        let mut work = pin!(work.into_future());
        block_on(poll_fn(
            |context| if self.is_set() { Poll::Ready(None) } else { work.as_mut().poll(context).map(Some) },
        ))
    }

    /// Whether it has happened.
    pub fn is_set(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }
}
