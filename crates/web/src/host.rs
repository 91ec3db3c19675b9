//! What a training run asks of JavaScript.

use js_sys::{Float32Array, Promise};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
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

    /// Into how many shares the batches are cut; none of a run that helps another one.
    #[wasm_bindgen(method, getter)]
    pub fn shares(this: &Host) -> Option<usize>;

    #[wasm_bindgen(method, catch, js_name = ask)]
    fn ask_js(this: &Host, values: Vec<f32>) -> std::result::Result<Promise, JsValue>;

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

    /// Gives an order to another worker: [`Host::answer`] has the gradient. Of a run that helps another one: gives the gradient
    /// that was ordered last, and waits for the next order, which does not come at the end.
    pub fn ask(&self, values: Vec<f32>) -> Option<Promise> {
        self.ask_js(values).ok()
    }

    /// What came of [`Host::ask`]; nothing if there is nobody.
    pub async fn answer(asked: Option<Promise>) -> Option<Vec<f32>> {
        let answer = JsFuture::from(asked?).await.ok()?;
        Some(answer.dyn_into::<Float32Array>().ok()?.to_vec())
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
