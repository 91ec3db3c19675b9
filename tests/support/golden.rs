//! Reads `tests/golden`: the numbers of PyTorch, transformers and AdapterHub.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use graftwork_formats::architectures::ARCHITECTURES;
use graftwork_formats::{BackboneConfig, Checkpoint};
use graftwork_model::{Backbone, Batch};
use graftwork_tensor::{Device, WeightType};
use safetensors::SafeTensors;

/// A folder or file of `tests/golden`.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

/// A JSON file of `tests/golden`.
pub fn json(name: &str) -> serde_json::Value {
    let text = std::fs::read_to_string(path(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The tensors of a safetensors file: floats and whole numbers apart.
#[derive(Debug, Default)]
pub struct Golden {
    /// f32 tensors.
    pub floats: BTreeMap<String, Vec<f32>>,
    /// Shapes of all tensors.
    pub shapes: BTreeMap<String, Vec<usize>>,
    /// i64 tensors, all below 2^32.
    pub counts: BTreeMap<String, Vec<u32>>,
}

impl Golden {
    /// Reads a file of `tests/golden`.
    pub fn read(name: &str) -> Self {
        let bytes = std::fs::read(path(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let mut golden = Self::default();
        for (name, tensor) in file.tensors() {
            golden.shapes.insert(name.clone(), tensor.shape().to_vec());
            let data = tensor.data();
            if tensor.dtype() == safetensors::Dtype::I64 {
                let value = |b: &[u8]| i64::from_le_bytes(b.try_into().unwrap()).try_into().unwrap();
                golden.counts.insert(name, data.chunks_exact(8).map(value).collect());
            } else {
                assert_eq!(tensor.dtype(), safetensors::Dtype::F32, "{name}");
                let value = |b: &[u8]| f32::from_le_bytes(b.try_into().unwrap());
                golden.floats.insert(name, data.chunks_exact(4).map(value).collect());
            }
        }
        golden
    }

    /// Token ids and sequence starts.
    pub fn batch(&self) -> (&[u32], &[u32]) {
        (&self.counts["ids"], &self.counts["cu_seqlens"])
    }

    /// Token types: 0 unless the file says otherwise.
    pub fn types(&self) -> Vec<u32> {
        self.counts.get("type_ids").cloned().unwrap_or_else(|| vec![0; self.counts["ids"].len()])
    }

    /// The batch whose sequences are windows of texts, if the file says which are of the same.
    pub fn of_texts(&self, batch: Batch, device: &Device) -> Batch {
        match self.counts.get("texts") {
            Some(starts) => batch.of_texts(device, starts).unwrap_or_else(|e| panic!("{e}")),
            None => batch,
        }
    }
}

/// A backbone directory on a device.
pub fn backbone(dir: &Path, device: &Device) -> Backbone {
    backbone_as(dir, device, None)
}

/// The same with matrices stored in some type.
pub fn backbone_as(dir: &Path, device: &Device, weight_type: Option<WeightType>) -> Backbone {
    let config = BackboneConfig::from_dir(dir).unwrap_or_else(|e| panic!("{e}"));
    let mut checkpoint = Checkpoint::open(dir, &config).unwrap_or_else(|e| panic!("{e}"));
    pollster::block_on(Backbone::load(&config, &mut checkpoint, device, weight_type, &mut |_| {}))
        .unwrap_or_else(|e| panic!("{}: {e}", dir.display()))
}

/// The random tiny backbone of every architecture, such as `tiny-roberta`.
pub fn tiny_backbones() -> Vec<String> {
    ARCHITECTURES.iter().map(|known| format!("tiny-{}", known.model_type)).collect()
}

/// The folder with the cases of a tiny backbone, or the folders.
pub fn case_folders(backbone: &str) -> Vec<String> {
    match backbone.strip_prefix("tiny-").expect("a tiny backbone") {
        "bert" => ["tiny-cases", "tiny-tagging", "tiny-questions", "lora-cases", "mean-cases", "text-cases"]
            .map(str::to_owned)
            .to_vec(),
        name => vec![format!("{name}-cases")],
    }
}

/// The tiny backbones, each with its cases of adapters, such as `tiny-cases/seq_bn-flex`: every architecture, every method,
/// every kind of head, and weights in f16.
pub fn tiny_adapters() -> Vec<(String, Vec<String>)> {
    let cases = |folder: String| {
        let entries = std::fs::read_dir(path(&folder)).unwrap_or_else(|e| panic!("{folder}: {e}"));
        let named = entries.map(move |entry| format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap()));
        named.filter(|case| path(case).join("adapter_config.json").is_file())
    };
    let with_cases = |backbone: String| {
        let mut names: Vec<String> = case_folders(&backbone).into_iter().flat_map(cases).collect();
        names.sort();
        (backbone, names)
    };
    tiny_backbones().into_iter().chain(["tiny-bert-f16".to_owned()]).map(with_cases).collect()
}

/// Writes a tiny backbone into `dir` as its files, with the head of transformers' `...ForMaskedLM` that `tiny-words` has for it.
pub fn write_with_own_head(model_type: &str, dir: &Path) {
    let from = path(&format!("tiny-{model_type}"));
    for entry in std::fs::read_dir(&from).unwrap() {
        let name = entry.unwrap().file_name();
        std::fs::copy(from.join(&name), dir.join(&name)).unwrap();
    }
    let (base, own) = (from.join("model.safetensors"), path(&format!("tiny-words/{model_type}.safetensors")));
    let (base, own) = (std::fs::read(base).unwrap(), std::fs::read(own).unwrap());
    let (base, own) = (SafeTensors::deserialize(&base).unwrap(), SafeTensors::deserialize(&own).unwrap());
    let head =
        own.tensors().into_iter().filter_map(|(name, view)| Some((name.strip_prefix("head.")?.to_owned(), view)));
    let head: Vec<_> = head.collect();
    // Some have a head of their own.
    let base = base.tensors().into_iter().filter(|(name, _)| head.iter().all(|(own, _)| own != name));
    let all: Vec<_> = base.chain(head.clone()).collect();
    std::fs::write(dir.join("model.safetensors"), safetensors::serialize(all, None).unwrap()).unwrap();
}

/// A random tiny backbone on a device, such as `tiny-roberta`.
pub fn tiny(name: &str, device: &Device) -> Backbone {
    backbone(&path(name), device)
}

/// The random tiny BERT on a device.
pub fn tiny_bert(device: &Device) -> Backbone {
    tiny("tiny-bert", device)
}

/// Where all-MiniLM-L6-v2 lies: `GRAFTWORK_TEST_MINILM`, else where `cargo xtask model` puts it.
///
/// # Panics
/// If it is not there.
pub fn minilm_dir() -> PathBuf {
    let dir = match std::env::var_os("GRAFTWORK_TEST_MINILM") {
        Some(dir) => dir.into(),
        None => graftwork::models_dir().expect("a home directory").join("sentence-transformers/all-MiniLM-L6-v2"),
    };
    assert!(dir.join("model.safetensors").is_file(), "no model in {}: run `cargo xtask model`", dir.display());
    dir
}
