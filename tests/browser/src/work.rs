//! Forward and one training step of the tiny BERT with an adapter of each method and a head of each kind, and of the tiny
//! RoBERTa.

use std::collections::BTreeMap;
use std::error::Error;

use graftwork_formats::{BackboneConfig, Checkpoint};
use graftwork_model::{Adapter, Backbone, adapterhub};
use graftwork_tensor::ops::{cross_entropy::IGNORED, reduce};
use graftwork_tensor::{Device, Tape};
use graftwork_train::tasks::{LabelTargets, Targets};
use graftwork_train::{Optimizer, StepSettings};
use safetensors::SafeTensors;
use serde_json::{Map, Value, json};

/// Files that both sides read, in this order, below `tests/golden`: a backbone; then of each of its cases an adapter that
/// AdapterHub wrote, and a batch with what PyTorch computes for it.
pub const FILES: [&str; 2 + 3 * FILES_OF_A_CASE + 2 + FILES_OF_A_CASE] = [
    "tiny-bert/config.json",
    "tiny-bert/model.safetensors",
    "tiny-cases/double_seq_bn-flex/adapter_config.json",
    "tiny-cases/double_seq_bn-flex/adapter.safetensors",
    "tiny-cases/double_seq_bn-flex/head_config.json",
    "tiny-cases/double_seq_bn-flex/model_head.safetensors",
    "tiny-cases/double_seq_bn-flex/golden.safetensors",
    "lora-cases/everywhere/adapter_config.json",
    "lora-cases/everywhere/adapter.safetensors",
    "lora-cases/everywhere/head_config.json",
    "lora-cases/everywhere/model_head.safetensors",
    "lora-cases/everywhere/golden.safetensors",
    "tiny-tagging/two-layers/adapter_config.json",
    "tiny-tagging/two-layers/adapter.safetensors",
    "tiny-tagging/two-layers/head_config.json",
    "tiny-tagging/two-layers/model_head.safetensors",
    "tiny-tagging/two-layers/golden.safetensors",
    "tiny-roberta/config.json",
    "tiny-roberta/model.safetensors",
    "roberta-cases/seq_bn-static/adapter_config.json",
    "roberta-cases/seq_bn-static/adapter.safetensors",
    "roberta-cases/seq_bn-static/head_config.json",
    "roberta-cases/seq_bn-static/model_head.safetensors",
    "roberta-cases/seq_bn-static/golden.safetensors",
];
const FILES_OF_A_CASE: usize = 5;
/// Where the second backbone begins.
const SECOND: usize = 2 + 3 * FILES_OF_A_CASE;

const SETTINGS: StepSettings =
    StepSettings { lr: 1e-3, weight_decay: 0.01, max_norm: 1.0, dropout: 0.0, seed: 1, step: 1 };

/// Named rows of numbers.
pub struct Answer {
    /// The device that computed, for the log.
    pub device: String,
    /// What this side computed.
    pub rows: Vec<(String, Vec<f32>)>,
    /// What PyTorch computed, out of the golden file: under the same names, but not for every row.
    pub golden: Vec<(String, Vec<f32>)>,
}

impl Answer {
    /// The answer as JSON; an f32 is written so that reading it gives the same number.
    pub fn to_json(&self) -> String {
        let map = |rows: &[(String, Vec<f32>)]| -> Map<String, Value> {
            rows.iter().map(|(name, row)| (name.clone(), row.clone().into())).collect()
        };
        json!({ "device": self.device, "rows": map(&self.rows), "golden": map(&self.golden) }).to_string()
    }
}

/// The same on any device. The files' bytes come in the order of [`FILES`].
pub async fn work(device: &Device, files: &[Vec<u8>]) -> Result<Answer, Box<dyn Error>> {
    if files.len() != FILES.len() {
        return Err(format!("expected {} files", FILES.len()).into());
    }
    let mut answer = Answer { device: device.name(), rows: Vec::new(), golden: Vec::new() };
    for (names, files) in [(&FILES[..SECOND], &files[..SECOND]), (&FILES[SECOND..], &files[SECOND..])] {
        one_backbone(device, names, files, &mut answer).await?;
    }
    Ok(answer)
}

async fn one_backbone(
    device: &Device,
    names: &[&str],
    files: &[Vec<u8>],
    answer: &mut Answer,
) -> Result<(), Box<dyn Error>> {
    let config = BackboneConfig::from_json(names[0], &files[0])?;
    let mut weights = Checkpoint::from_bytes(names[1], &files[1], &config)?;
    let backbone = Backbone::load(&config, &mut weights, device, None, &mut |_| {}).await?;
    for (names, files) in names[2..].chunks(FILES_OF_A_CASE).zip(files[2..].chunks(FILES_OF_A_CASE)) {
        let (case, _) = names[0].rsplit_once('/').unwrap_or_default();
        let names = names.iter().map(|name| name.rsplit('/').next().unwrap_or(name).to_string());
        let parts: BTreeMap<String, Vec<u8>> = names.zip(files.iter().cloned()).collect();
        let (rows, golden) = one_case(&backbone, &parts).await?;
        let named = |rows: Rows| rows.into_iter().map(move |(name, row)| (format!("{case}: {name}"), row));
        answer.rows.extend(named(rows));
        answer.golden.extend(named(golden));
    }
    Ok(())
}

type Rows = Vec<(String, Vec<f32>)>;

/// What this side computes, and what PyTorch did.
async fn one_case(backbone: &Backbone, files: &BTreeMap<String, Vec<u8>>) -> Result<(Rows, Rows), Box<dyn Error>> {
    let device = backbone.device();
    let golden = files.get("golden.safetensors").ok_or("no golden file")?;
    let adapter = Adapter::load_trainable(backbone, &adapterhub::from_files("the golden adapter", files)?)?;

    let golden = SafeTensors::deserialize(golden)?;
    let integers = |name: &str| -> Result<Vec<u32>, Box<dyn Error>> {
        let values = golden.tensor(name)?;
        Ok(bytemuck::pod_collect_to_vec::<u8, i64>(values.data()).into_iter().map(|value| value as u32).collect())
    };
    let (ids, cu_seqlens, mut labels) = (integers("ids")?, integers("cu_seqlens")?, integers("labels")?);
    // Where tokens are tagged, not all of them are.
    if let Ok(labeled) = integers("labeled") {
        labels.iter_mut().zip(labeled).filter(|(_, one)| *one == 0).for_each(|(label, _)| *label = IGNORED);
    }
    let batch = backbone.batch(&ids, &vec![0; ids.len()], &cu_seqlens)?;

    let mut rows = Vec::new();
    let head = adapter.head().ok_or("the golden adapter has no head")?;
    let mut tape = Tape::inference(device);
    let hidden = backbone.forward(&mut tape, &batch, Some(&adapter), 0.0)?;
    let logits = head.forward(&mut tape, backbone, &hidden, &batch, 0.0);
    rows.push(("last_hidden_state".to_string(), device.read(hidden.value()).await?));
    rows.push(("logits".to_string(), device.read(logits.value()).await?));

    let targets = LabelTargets::new(device, &labels);
    let loss = device.empty(1, 1);
    reduce::sum(device, &targets.loss(&mut tape, &logits)?.shares, &loss, 0);
    rows.push(("loss".to_string(), device.read(&loss).await?));

    Optimizer::new(device, &adapter).step(backbone, &adapter, (&batch, &targets), SETTINGS)?;
    let gradients = adapter.arena().grads().ok_or("the adapter learns nothing")?;
    for (name, tensor) in adapter.arena().unpack(&device.read(gradients).await?) {
        rows.push((format!("gradient of {name}"), tensor.data));
    }
    for (name, tensor) in adapter.arena().read(device).await? {
        rows.push((format!("trained {name}"), tensor.data));
    }

    let mut expected = Vec::new();
    for name in ["last_hidden_state", "logits", "loss"] {
        expected.push((name.to_string(), bytemuck::pod_collect_to_vec(golden.tensor(name)?.data())));
    }
    Ok((rows, expected))
}
