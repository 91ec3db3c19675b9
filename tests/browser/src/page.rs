//! What the page calls.

use graftwork_gpu::AdapterChoice;
use graftwork_tensor::ops::gemm::GemmChoice;
use graftwork_tensor::{Device, GpuKind};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::work;

/// Does the work over the files' bytes, given in the order of `files`; answers in JSON. With `hardware` by the kernels that
/// hardware gets, whatever GPU this is.
#[wasm_bindgen]
pub async fn run(files: Array, hardware: bool) -> Result<String, JsError> {
    console_error_panic_hook::set_once();
    let files: Vec<Vec<u8>> = files.iter().map(|bytes| Uint8Array::new(&bytes).to_vec()).collect();
    // Never the CPU path: the page is there to test WebGPU.
    let mut device = Device::gpu(&AdapterChoice::Preferred).await?;
    if hardware {
        // Measuring takes a minute in software, and changes nothing.
        device = device.tuned_for(GpuKind::Hardware).with_gemm(GemmChoice::Guessed);
    }
    let answer = work(&device, &files).await.map_err(|error| JsError::new(&error.to_string()))?;
    Ok(answer.to_json())
}

/// The names of the files to fetch.
#[wasm_bindgen]
pub fn files() -> Vec<String> {
    work::files()
}

/// Every variant of every shader, as JSON: names and texts.
#[wasm_bindgen]
pub fn shaders() -> String {
    let variants = graftwork_tensor::ops::shaders().into_iter().flat_map(|(shader, variants)| {
        let named = move |constants: Vec<_>| (format!("{} {constants:?}", shader.name), shader.source(&constants));
        variants.into_iter().map(named)
    });
    serde_json::json!(variants.collect::<Vec<_>>()).to_string()
}
