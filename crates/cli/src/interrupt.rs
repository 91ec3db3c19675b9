//! Ctrl-C: the first one asks, the second one kills.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::{Failure, Kind, Result};

/// Whether the user wants the program to end.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Takes over Ctrl-C (and the signals by which a system asks a program to end) for the rest of the process.
    ///
    /// # Errors
    /// If the system does not allow it.
    pub fn install() -> Result<Self> {
        let interrupt = Self::default();
        let flag = Arc::clone(&interrupt.0);
        ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::SeqCst) {
                std::process::exit(Kind::Interrupted as i32);
            }
            eprintln!("\ninterrupted: finishing the step and writing a checkpoint (once more to stop at once)");
        })
        .map_err(|error| Failure::of(Kind::Failure, &error))?;
        Ok(interrupt)
    }

    /// Whether it has happened.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
