//! graftwork for JavaScript: what the npm package `graftwork` calls. Thin on purpose: every exported function is the
//! facade's, with plain values at the boundary (strings, bytes, JSON), so that the same calls work across a worker.
//!
//! Errors are JavaScript `Error`s with a stable `code`, see `error.rs`. A panic is a bug, but reaches JavaScript as an
//! error too: WebAssembly cannot unwind, so the hook tells the handler of [`on_panic`], which gives up this module.

mod adapter;
mod backbone;
mod data_sets;
mod error;
mod hash;
mod host;
mod options;
mod panic;
mod probe;
mod source;
mod tasks;
mod training;
mod units;

pub use adapter::Adapter;
pub use backbone::Backbone;
pub use hash::Sha256;
pub use panic::{on_panic, panic_now};
pub use probe::{Probe, TextVectors};

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// This module as it was compiled: another worker need not compile it again.
#[wasm_bindgen]
pub fn module() -> JsValue {
    wasm_bindgen::module()
}

/// The version of the engine, as it is written into adapters.
#[wasm_bindgen]
pub fn version() -> String {
    graftwork::VERSION.to_owned()
}
