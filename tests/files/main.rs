//! Files that other programs wrote, there and back: checkpoints of transformers, adapters of AdapterHub, archives of
//! PyTorch. What is compared with is in `tests/golden` and `tests/data` (each has a README).

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

/// `tests/data/<name>`.
fn test_data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
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
