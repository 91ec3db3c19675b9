//! Files that other programs wrote, there and back: checkpoints of transformers, adapters of AdapterHub, archives of
//! PyTorch. What is compared with is in `tests/golden` (see its README) and in the shared test data.

mod adapters;
mod backbones;
mod torch_archives;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// `tests/golden/<name>`.
fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

/// `<shared>/data/<name>`, where `<shared>` is the environment variable `GRAFTWORK_SHARED`, or else the folder `shared`
/// beside the checkout. Its absence fails the test: a fixture must never be skipped in silence.
fn shared_data(name: &str) -> PathBuf {
    let shared = std::env::var_os("GRAFTWORK_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let folder = shared.join("data").join(name);
    assert!(
        folder.is_dir(),
        "the test data {} is not there; it belongs beside the checkout, or set GRAFTWORK_SHARED to the folder that \
         holds data/{name}",
        folder.display()
    );
    folder
}

/// The tensors of a safetensors file, by name: format, shape and bytes.
fn raw_tensors(bytes: &[u8]) -> BTreeMap<String, (String, Vec<usize>, Vec<u8>)> {
    let file = safetensors::SafeTensors::deserialize(bytes).unwrap();
    let raw = |t: safetensors::tensor::TensorView<'_>| (t.dtype().to_string(), t.shape().to_vec(), t.data().to_vec());
    file.tensors().into_iter().map(|(name, tensor)| (name, raw(tensor))).collect()
}

/// A JSON file.
fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}
