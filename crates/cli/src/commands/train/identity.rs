//! What makes two runs the same run: a checkpoint is only continued by the run it belongs to.

use graftwork::{AdapterFile, Backbone, Labelled};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// A digest of settings, backbone, starting weights and data.
pub fn of<'a>(
    settings: &Map<String, Value>,
    backbone: &Backbone,
    file: &AdapterFile,
    data: impl Iterator<Item = Option<&'a dyn Labelled>>,
) -> String {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        // With its length in front, no two sequences of parts have the same bytes.
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(Value::Object(settings.clone()).to_string().as_bytes());
    add(Value::Object(file.config.to_json()).to_string().as_bytes());
    add(backbone.fingerprint().to_string().as_bytes());
    data.flatten().for_each(|data| data.digest(&mut add));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
