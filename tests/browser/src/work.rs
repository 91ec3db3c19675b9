//! Forward and one training step of the tiny BERT with an adapter of each method and a head of each kind, and of the tiny
//! RoBERTa.

use std::collections::BTreeMap;
use std::error::Error;

use graftwork_formats::{BackboneConfig, Checkpoint};
use graftwork_model::{Adapter, Backbone, adapterhub};
use graftwork_tensor::ops::{cross_entropy::IGNORED, reduce};
use graftwork_tensor::{Device, Tape};
use graftwork_train::tasks::{LabelTargets, Targets};
use graftwork_train::{Asked, Optimizer, StepSettings};
use safetensors::SafeTensors;
use serde_json::{Map, Value, json};

/// Below `tests/golden`: backbones, and adapters on them that AdapterHub wrote, each with a batch and what PyTorch computes
/// for it. Two methods that classify texts, all heads that tag tokens, another architecture.
const BACKBONES: [(&str, &[&str]); 2] = [
    (
        "tiny-bert",
        &[
            "tiny-cases/double_seq_bn-flex",
            "lora-cases/everywhere",
            "tiny-tagging/defaults",
            "tiny-tagging/two-layers",
            "tiny-tagging/no-activation",
        ],
    ),
    ("tiny-roberta", &["roberta-cases/seq_bn-static"]),
];
const FILES_OF_A_BACKBONE: [&str; 2] = ["config.json", "model.safetensors"];
const FILES_OF_A_CASE: [&str; 5] =
    ["adapter_config.json", "adapter.safetensors", "head_config.json", "model_head.safetensors", "golden.safetensors"];

/// Files that both sides read, in this order.
pub fn files() -> Vec<String> {
    let of_backbone = |(backbone, cases): &(&str, &[&str])| {
        let own = FILES_OF_A_BACKBONE.map(|file| format!("{backbone}/{file}"));
        let of_cases = cases.iter().flat_map(|case| FILES_OF_A_CASE.map(|file| format!("{case}/{file}")));
        own.into_iter().chain(of_cases).collect::<Vec<_>>()
    };
    BACKBONES.iter().flat_map(of_backbone).collect()
}

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

/// The same on any device. The files' bytes come in the order of [`files`].
pub async fn work(device: &Device, bytes: &[Vec<u8>]) -> Result<Answer, Box<dyn Error>> {
    if bytes.len() != files().len() {
        return Err(format!("expected {} files", files().len()).into());
    }
    let mut answer = Answer { device: device.name(), rows: Vec::new(), golden: Vec::new() };
    let mut bytes = bytes.iter();
    let mut next = || bytes.next().cloned().unwrap_or_default();
    for (name, cases) in BACKBONES {
        let [config, weights] = FILES_OF_A_BACKBONE.map(|_| next());
        let config = BackboneConfig::from_json(name, &config)?;
        let mut weights = Checkpoint::from_bytes(name, &weights, &config)?;
        let backbone = Backbone::load(&config, &mut weights, device, None, &mut |_| {}).await?;
        for case in cases {
            let files: Files = FILES_OF_A_CASE.map(|file| (file.to_owned(), next())).into();
            let golden = SafeTensors::deserialize(&files["golden.safetensors"])?;
            let named = |rows: Rows| rows.into_iter().map(move |(name, row)| (format!("{case}: {name}"), row));
            answer.rows.extend(named(computed(&backbone, &files, &golden).await?));
            answer.golden.extend(named(expected(&files, &golden)?));
        }
    }
    Ok(answer)
}

/// An adapter's files by name.
type Files = BTreeMap<String, Vec<u8>>;
type Rows = Vec<(String, Vec<f32>)>;

/// What this side computes.
async fn computed(backbone: &Backbone, files: &Files, golden: &SafeTensors<'_>) -> Result<Rows, Box<dyn Error>> {
    let device = backbone.device();
    let adapter = Adapter::load_trainable(backbone, &adapterhub::from_files("the golden adapter", files)?)?;

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
    rows.push(("last_hidden_state".to_string(), device.read(hidden.last().value()).await?));
    rows.push(("logits".to_string(), device.read(logits.value()).await?));

    let targets = LabelTargets::new(device, &labels);
    let loss = device.empty(1, 1);
    reduce::sum(device, &targets.loss(&mut tape, &logits)?.shares, &loss, 0);
    rows.push(("loss".to_string(), device.read(&loss).await?));

    let asked = Asked { head, targets: &targets, weight: 1.0 };
    Optimizer::new(device, &adapter).step(backbone, &adapter, (&batch, &[asked]), SETTINGS)?;
    let gradients = adapter.arena().grads().ok_or("the adapter learns nothing")?;
    for (name, tensor) in adapter.arena().unpack(&device.read(gradients).await?) {
        rows.push((format!("gradient of {name}"), tensor.data));
    }
    for (name, tensor) in adapter.arena().read(device).await? {
        rows.push((format!("trained {name}"), tensor.data));
    }

    Ok(rows)
}

/// What PyTorch computes, and the first step of its AdamW from its gradients.
fn expected(files: &Files, golden: &SafeTensors<'_>) -> Result<Rows, Box<dyn Error>> {
    let mut rows = Vec::new();
    for name in ["last_hidden_state", "logits", "loss"] {
        rows.push((name.to_owned(), bytemuck::pod_collect_to_vec(golden.tensor(name)?.data())));
    }
    let before = adapterhub::from_files("the golden adapter", files)?.tensors;
    let gradients = adapterhub::from_files("the gradients", &as_adapter(files, golden)?)?.tensors;
    let norm = gradients.values().flat_map(|tensor| &tensor.data).map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
    let clip = (SETTINGS.max_norm / (norm + 1e-6)).min(1.0);
    for (name, gradient) in gradients {
        let weights = &before[&name];
        let kept = if weights.shape.len() == 1 { 1.0 } else { 1.0 - SETTINGS.lr * SETTINGS.weight_decay };
        let step = |(w, g): (&f32, &f32)| {
            let g = f64::from(*g) * clip;
            (f64::from(*w) * kept - SETTINGS.lr * g / (g.abs() + 1e-8)) as f32
        };
        rows.push((format!("trained {name}"), weights.data.iter().zip(&gradient.data).map(step).collect()));
        rows.push((format!("gradient of {name}"), gradient.data));
    }
    Ok(rows)
}

/// How names of a head's tensors begin: of AdapterHub's heads, and of a model's own.
const HEADS: [&str; 2] = ["heads.", "classifier."];

/// PyTorch's gradients in the files of the adapter whose weights they are of, so that they get the same names.
fn as_adapter(files: &Files, golden: &SafeTensors<'_>) -> Result<Files, Box<dyn Error>> {
    let mut files = files.clone();
    for (file, is_head) in [("adapter.safetensors", false), ("model_head.safetensors", true)] {
        let gradients = golden.iter().filter_map(|(name, view)| Some((name.strip_prefix("grad.")?, view)));
        let own = gradients.filter(|(name, _)| HEADS.iter().any(|start| name.starts_with(start)) == is_head);
        files.insert(file.to_owned(), safetensors::serialize(own, None)?);
    }
    Ok(files)
}
