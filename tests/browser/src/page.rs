//! What the page calls.

use graftwork_gpu::AdapterChoice;
use graftwork_tensor::Device;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::work;

/// Does the work over the files' bytes, given in the order of `files`; answers in JSON.
#[wasm_bindgen]
pub async fn run(files: Array) -> Result<String, JsError> {
    console_error_panic_hook::set_once();
    let files: Vec<Vec<u8>> = files.iter().map(|bytes| Uint8Array::new(&bytes).to_vec()).collect();
    // Never the CPU path: the page is there to test WebGPU.
    let device = Device::gpu(&AdapterChoice::Preferred).await?;
    let answer = work(&device, &files).await.map_err(|error| JsError::new(&error.to_string()))?;
    Ok(answer.to_json())
}

/// The names of the files to fetch.
#[wasm_bindgen]
pub fn files() -> Vec<String> {
    work::files()
}
