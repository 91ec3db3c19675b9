//! What a training run asks of JavaScript.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;

use crate::error::{Failure, Result};

#[wasm_bindgen]
extern "C" {
    /// An object of JavaScript's.
    pub type Host;

    /// Where the run goes on, as `keep` got it; undefined at its start.
    #[wasm_bindgen(method, getter)]
    pub fn state(this: &Host) -> Option<Vec<u8>>;

    /// Seconds from one `keep` to the next; infinite if nothing is kept.
    #[wasm_bindgen(method, getter)]
    pub fn seconds(this: &Host) -> f64;

    #[wasm_bindgen(method, catch, js_name = tell)]
    fn tell_js(this: &Host, events: &str) -> std::result::Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = keep)]
    fn keep_js(this: &Host, state: Vec<u8>, step: usize, total_steps: usize) -> std::result::Result<Promise, JsValue>;
}

impl Host {
    /// Tells what happened, a JSON array. Whether the run is to go on.
    pub async fn tell(&self, events: &str) -> Result<bool> {
        answer(self.tell_js(events)).await
    }

    /// Gives the state after a step. Whether the run is to go on.
    pub async fn keep(&self, state: Vec<u8>, step: usize, total_steps: usize) -> Result<bool> {
        answer(self.keep_js(state, step, total_steps)).await
    }
}

async fn answer(promise: std::result::Result<Promise, JsValue>) -> Result<bool> {
    let failed = |error: JsValue| Failure::new("internal", format!("the run's host failed: {error:?}"));
    Ok(JsFuture::from(promise.map_err(failed)?).await.map_err(failed)?.is_truthy())
}
