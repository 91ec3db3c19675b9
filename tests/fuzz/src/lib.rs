//! Every file that comes from outside is hostile until it is read. Here every parser is fed what it does not expect.
//!
//! | what | where |
//! |---|---|
//! | the parsers, each with seeds and words of its format | `targets.rs` |
//! | inputs that once were too much for one | `corpus/<target>/` |
//! | a fixed number of changed inputs for each, in every test run | `tests/mutated.rs` |
//! | large inputs, made to take memory | `tests/memory.rs` |
//! | the same without an end: `cargo xtask fuzz` | `main.rs` |
//!
//! An input fails when it ends in a panic, an abort, more than [`memory::bound`] bytes or more than five seconds. Stable
//! Rust has no fuzzer of its own; this one is small: seeded mutations, and when the parsers are compiled with LLVM's
//! counters (as `cargo xtask fuzz` does), inputs that reach new code are kept and changed further.

pub mod coverage;
mod dictionaries;
pub mod engine;
pub mod memory;
mod mutate;
mod random;
pub mod targets;
