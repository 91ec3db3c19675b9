//! Checkpoints whole and sharded, prefixed and legacy, and the ways in which they can be wrong.

use std::collections::HashMap;
use std::fs;

use half::f16;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::*;
use crate::fingerprint::Fingerprint;
use crate::huggingface::shard_index::is_plain_file_name;

fn tiny() -> BackboneConfig {
    BackboneConfig {
        vocab_size: 7,
        hidden_size: 4,
        num_hidden_layers: 2,
        num_attention_heads: 2,
        intermediate_size: 8,
        max_position_embeddings: 5,
        ..BackboneConfig::default()
    }
}

type Stored = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

/// All tensors of `config` with values that f16 holds exactly.
fn weights(config: &BackboneConfig) -> BTreeMap<String, HostTensor> {
    let tensor = |index: usize, spec: TensorSpec| {
        let count = spec.shape.iter().product::<usize>();
        let data = (0..count).map(|i| ((i * 7 + index) % 64) as f32 / 8.0 - 4.0).collect();
        (spec.name, HostTensor::new(spec.shape, data))
    };
    config.tensor_specs().into_iter().enumerate().map(|(index, spec)| tensor(index, spec)).collect()
}

fn stored(weights: &BTreeMap<String, HostTensor>, rename: impl Fn(&str) -> String) -> Stored {
    weights.iter().map(|(name, t)| (rename(name), (Dtype::F32, t.shape.clone(), t.to_le_bytes()))).collect()
}

fn serialized(tensors: &Stored) -> Vec<u8> {
    let view = |(dtype, shape, data): &'static (Dtype, Vec<usize>, Vec<u8>)| {
        TensorView::new(*dtype, shape.clone(), data).unwrap()
    };
    // Leaked: test data of a few KiB.
    let tensors: &'static Stored = Box::leak(Box::new(tensors.clone()));
    safetensors::serialize(tensors.iter().map(|(name, t)| (name, view(t))), None::<HashMap<_, _>>).unwrap()
}

fn open(tensors: &Stored, config: &BackboneConfig) -> Result<Fingerprint> {
    let bytes = serialized(tensors);
    let mut checkpoint = Checkpoint::from_bytes("m.safetensors", &bytes, config)?;
    Fingerprint::of(&mut checkpoint)
}

#[test]
fn storage_does_not_change_names_values_or_fingerprint() {
    let (config, weights) = (tiny(), weights(&tiny()));
    let expected = Fingerprint::of(&mut weights.clone()).unwrap();
    assert_eq!(open(&stored(&weights, str::to_owned), &config).unwrap(), expected);

    let prefixed = stored(&weights, |name| format!("bert.{name}"));
    assert_eq!(open(&prefixed, &config).unwrap(), expected);

    let mut legacy = stored(&weights, |name| {
        let name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        format!("bert.{name}")
    });
    legacy.insert("embeddings.position_ids".into(), (Dtype::I64, vec![1, 1], vec![0; 8]));
    legacy.insert("cls.predictions.bias".into(), (Dtype::F32, vec![1], vec![0; 4]));
    assert_eq!(open(&legacy, &config).unwrap(), expected);

    let mut halves = stored(&weights, str::to_owned);
    for (name, tensor) in &mut halves {
        let values = &weights[name].data;
        tensor.0 = Dtype::F16;
        tensor.2 = values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect();
    }
    assert_eq!(open(&halves, &config).unwrap(), expected);
}

#[test]
fn values_come_back_as_they_were() {
    let (config, weights) = (tiny(), weights(&tiny()));
    let bytes = serialized(&stored(&weights, str::to_owned));
    let mut checkpoint = Checkpoint::from_bytes("m.safetensors", &bytes, &config).unwrap();
    assert!(checkpoint.has_pooler());
    assert_eq!(checkpoint.names().len(), config.tensor_specs().len());
    for (name, tensor) in &weights {
        assert_eq!(checkpoint.shape(name), Some(tensor.shape.as_slice()));
        assert_eq!(&checkpoint.read(name).unwrap(), tensor);
    }
    assert!(checkpoint.read("cls.predictions.bias").unwrap_err().to_string().contains("cls.predictions.bias"));
}

#[test]
fn the_pooler_may_be_absent_but_not_half() {
    let (config, mut weights) = (tiny(), weights(&tiny()));
    weights.remove("pooler.dense.bias");
    let message = open(&stored(&weights, str::to_owned), &config).unwrap_err().to_string();
    assert!(message.contains("`pooler.dense.bias` of shape [4] is missing"), "{message}");
    weights.remove("pooler.dense.weight");
    let bytes = serialized(&stored(&weights, str::to_owned));
    assert!(!Checkpoint::from_bytes("m", &bytes, &config).unwrap().has_pooler());
}

#[test]
fn wrong_tensors_are_named_with_their_shapes() {
    let (config, good) = (tiny(), stored(&weights(&tiny()), str::to_owned));
    let message = |tensors: &Stored, config: &BackboneConfig| open(tensors, config).unwrap_err().to_string();

    let mut lacking = good.clone();
    lacking.remove("encoder.layer.1.output.dense.weight");
    let text = message(&lacking, &config);
    assert!(text.starts_with("m.safetensors: tensor `encoder.layer.1.output.dense.weight` of shape [4, 8]"), "{text}");

    let text = message(&good, &BackboneConfig { vocab_size: 8, ..tiny() });
    assert!(text.contains("word_embeddings.weight` has shape [7, 4]") && text.contains("[8, 4]"), "{text}");

    let mut integers = good.clone();
    integers.get_mut("pooler.dense.bias").unwrap().0 = Dtype::I32;
    let text = message(&integers, &config);
    assert!(text.contains("`pooler.dense.bias` is stored as I32"), "{text}");

    let mut twice = good.clone();
    twice.insert("bert.pooler.dense.bias".into(), good["pooler.dense.bias"].clone());
    let text = message(&twice, &config);
    assert!(text.contains("`pooler.dense.bias` is there twice") && text.contains("`bert.pooler.dense.bias`"), "{text}");
}

fn write_sharded(dir: &Path, tensors: &Stored, shard_name: impl Fn(usize) -> String) {
    let mut map = serde_json::Map::new();
    let mut shards = [Stored::new(), Stored::new()];
    for (index, (name, tensor)) in tensors.iter().enumerate() {
        map.insert(name.clone(), shard_name(index % 2).into());
        shards[index % 2].insert(name.clone(), tensor.clone());
    }
    fs::write(dir.join(INDEX), serde_json::json!({"metadata": {}, "weight_map": map}).to_string()).unwrap();
    for (index, shard) in shards.iter().enumerate() {
        let name = shard_name(index);
        if is_plain_file_name(&name) {
            fs::write(dir.join(name), serialized(shard)).unwrap();
        }
    }
}

#[test]
fn shards_are_the_same_backbone() {
    let (config, weights) = (tiny(), weights(&tiny()));
    let expected = Fingerprint::of(&mut weights.clone()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    write_sharded(dir.path(), &stored(&weights, str::to_owned), |i| format!("model-0000{i}-of-00002.safetensors"));
    let mut checkpoint = Checkpoint::open(dir.path(), &config).unwrap();
    assert_eq!(Fingerprint::of(&mut checkpoint).unwrap(), expected);

    fs::remove_file(dir.path().join("model-00001-of-00002.safetensors")).unwrap();
    let message = Checkpoint::open(dir.path(), &config).unwrap_err().to_string();
    assert!(message.contains("model-00001-of-00002.safetensors"), "{message}");
}

#[test]
fn an_index_cannot_lead_out_of_its_directory_or_lie() {
    let (config, stored) = (tiny(), stored(&weights(&tiny()), str::to_owned));
    for name in
        ["../a.safetensors", "/etc/a.safetensors", "a\\b.safetensors", "C:a.safetensors", "a.bin", "", ".safetensors"]
    {
        let dir = tempfile::tempdir().unwrap();
        write_sharded(dir.path(), &stored, |_| name.to_owned());
        let message = Checkpoint::open(dir.path(), &config).unwrap_err().to_string();
        assert!(message.contains("plain file name"), "{name}: {message}");
    }
    let dir = tempfile::tempdir().unwrap();
    write_sharded(dir.path(), &stored, |i| format!("{i}.safetensors"));
    fs::copy(dir.path().join("0.safetensors"), dir.path().join("1.safetensors")).unwrap();
    let message = Checkpoint::open(dir.path(), &config).unwrap_err().to_string();
    assert!(message.contains("says that it holds the tensor"), "{message}");
    fs::write(dir.path().join(INDEX), "{\"weight_map\": {}}").unwrap();
    assert!(Checkpoint::open(dir.path(), &config).unwrap_err().to_string().contains("0 shards"));
}

#[test]
fn a_directory_without_weights_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let message = Checkpoint::open(dir.path(), &tiny()).unwrap_err().to_string();
    assert!(message.contains("neither model.safetensors nor"), "{message}");
    fs::write(dir.path().join("pytorch_model.bin"), b"PK").unwrap();
    let message = Checkpoint::open(dir.path(), &tiny()).unwrap_err().to_string();
    assert!(message.contains("pytorch_model.bin") && message.contains("save_pretrained"), "{message}");
}
