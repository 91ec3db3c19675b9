//! The loss of 20 training steps, step for step, against PyTorch: same start, same batches, no dropout.

use std::ops::ControlFlow;
use std::path::Path;

use graftwork_model::{AdapterFile, HeadConfig, HeadKind};
use graftwork_tests::golden::{self, Golden};
use graftwork_tests::{devices, nmse};
use graftwork_text::Encoding;
use graftwork_train::{
    Event, Examples, MultiLabelClassification, Regression, StepReport, TextClassification, TrainConfig, Trainer,
};

/// The golden batches as examples that are visited in order, for the task of the head.
fn examples(golden: &Golden, head: &HeadConfig) -> Box<dyn Examples> {
    let (ids, starts) = golden.batch();
    let encoding = |w: &[u32]| {
        let ids = ids[w[0] as usize..w[1] as usize].to_vec();
        Encoding { type_ids: vec![0; ids.len()], ids, ..Encoding::default() }
    };
    let texts: Vec<_> = starts.windows(2).map(|w| vec![encoding(w)]).collect();
    let names = head.label_names();
    let numbers = || &golden.floats["labels"];
    match head.kind {
        HeadKind::MultiLabel => {
            let own = |row: &[f32]| (0..names.len()).filter(|label| row[*label] == 1.0).collect();
            let labels = numbers().chunks(names.len()).map(own).collect();
            Box::new(MultiLabelClassification::new("training", texts, labels, &names).unwrap())
        }
        HeadKind::Regression => Box::new(Regression::new("training", texts, numbers().clone()).unwrap()),
        _ => {
            let labels = golden.counts["labels"].iter().map(|label| Some(*label as usize));
            Box::new(TextClassification::of_windows("training", texts, labels, &names).unwrap())
        }
    }
}

fn check(folder: &str, backbone_dir: &Path) {
    let curve = golden::json(&format!("{folder}/curve.json"));
    let file = AdapterFile::load(golden::path(&format!("{folder}/init"))).unwrap();
    let batches = Golden::read(&format!("{folder}/batches.safetensors"));
    let examples = examples(&batches, file.head.as_ref().unwrap());
    let config = TrainConfig {
        epochs: 1,
        lr: curve["optimizer"]["lr"].as_f64().unwrap(),
        warmup_ratio: 0.1,
        weight_decay: curve["optimizer"]["weight_decay"].as_f64().unwrap(),
        clip: curve["clip"]["max_norm"].as_f64(),
        batch_size: 8,
        shuffle: false,
        ..TrainConfig::default()
    };
    for device in devices() {
        let backbone = golden::backbone(backbone_dir, &device);
        let mut trainer = Trainer::new(&backbone, &file, config.clone(), examples.as_ref(), None).unwrap();
        let mut steps: Vec<StepReport> = Vec::new();
        let observer = &mut |_: &Trainer<'_>, event: Event<'_>| {
            if let Event::Steps(reports, _) = event {
                steps.extend_from_slice(reports);
            }
            ControlFlow::Continue(())
        };
        pollster::block_on(trainer.run(observer)).unwrap();
        let log = curve["log"].as_array().unwrap();
        assert_eq!((steps.len(), log.len()), (20, 20));
        let mut worst = 0.0f64;
        for (found, expected) in steps.iter().zip(log) {
            let number = |key: &str| expected[key].as_f64().unwrap();
            let difference = (f64::from(found.loss) - number("loss")).abs();
            let place = format!("{}: {folder} step {}", device.name(), found.step);
            assert!(difference < 1e-3, "{place}: loss differs by {difference}");
            assert!((found.lr - number("lr")).abs() < 1e-12, "{place}: lr {}", found.lr);
            let norm = f64::from(found.grad_norm) / number("grad_norm");
            assert!((norm - 1.0).abs() < 1e-2, "{place}: gradient norm {}", found.grad_norm);
            worst = worst.max(difference);
        }
        println!("{}: {folder}: losses within {worst:e}", device.name());
        let last = golden::path(&format!("{folder}/final.safetensors"));
        if last.is_file() {
            check_final_weights(folder, &trainer, &device.name());
        }
    }
}

pub fn check_final_weights(folder: &str, trainer: &Trainer<'_>, device: &str) {
    let golden = Golden::read(&format!("{folder}/final.safetensors"));
    let found = pollster::block_on(trainer.adapter().to_file(trainer.backbone().device())).unwrap();
    let named = graftwork_model::adapterhub::to_files(&found).unwrap();
    let mut compared = 0;
    for file in ["adapter.safetensors", "model_head.safetensors"] {
        let tensors = safetensors::SafeTensors::deserialize(&named[file]).unwrap();
        for (name, tensor) in tensors.tensors() {
            let values: Vec<f32> =
                tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
            let error = nmse(&values, &golden.floats[&name]);
            assert!(error < 1e-5, "{device}: {folder}: {name} after 20 steps: NMSE {error:e}");
            compared += 1;
        }
    }
    assert_eq!(compared, golden.floats.len());
}

#[test]
fn tiny_bert() {
    check("tiny-curve", &golden::path("tiny-bert"));
}

/// A larger learning rate, so that the loss really moves.
#[test]
fn tiny_bert_with_large_steps() {
    check("tiny-curve-strong", &golden::path("tiny-bert"));
}

#[test]
fn several_labels_a_text() {
    check("multi-label-curve", &golden::path("tiny-bert"));
}

#[test]
fn a_number_a_text() {
    check("regression-curve", &golden::path("tiny-bert"));
}

/// On weights that stay f16; PyTorch has the same numbers in f32.
#[test]
fn tiny_bert_in_f16() {
    check("f16-curve", &golden::path("tiny-bert-f16"));
}

#[test]
fn minilm() {
    check("minilm-curve", &golden::minilm_dir());
}
