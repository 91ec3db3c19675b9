//! The work that runs twice: natively and on a page. Both sides get the same files and answer
//! with the same named rows of numbers; `run.mjs` compares them.

#[cfg(target_arch = "wasm32")]
mod page;
mod work;

pub use work::{Answer, files, work};
