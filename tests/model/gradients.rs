//! Every gradient of every configuration against PyTorch autograd.

use std::collections::BTreeMap;
use std::rc::Rc;

use graftwork_model::{Adapter, AdapterFile, Backbone, HeadConfig, HeadKind, adapterhub};
use graftwork_tensor::ops::clear::clear;
use graftwork_tensor::ops::cross_entropy::IGNORED;
use graftwork_tensor::{Device, Tape, Tensor};
use graftwork_tests::golden::{self, Golden};
use graftwork_tests::{devices, nmse};
use graftwork_train::tasks::{ElementLoss, LabelTargets, Loss, NumberTargets, SegmentTargets, Targets};
use safetensors::tensor::TensorView;

/// The golden gradients by canonical name: an AdapterHub directory whose weights are the gradients, read as any other.
pub fn expected(case: &str, golden: &Golden) -> AdapterFile {
    let dir = golden::path(case);
    let mut files: BTreeMap<String, Vec<u8>> = ["adapter_config.json", "head_config.json"]
        .map(|name| (name.to_string(), std::fs::read(dir.join(name)).unwrap()))
        .into();
    let bytes: BTreeMap<String, Vec<u8>> = golden
        .floats
        .iter()
        .filter_map(|(name, values)| {
            Some((name.strip_prefix("grad.")?.to_string(), values.iter().flat_map(|v| v.to_le_bytes()).collect()))
        })
        .collect();
    let is_head = |name: &str| name.starts_with("heads.") || !name.contains(".golden.");
    for (file, head) in [("adapter.safetensors", false), ("model_head.safetensors", true)] {
        let views = bytes.iter().filter(|(name, _)| is_head(name) == head).map(|(name, data)| {
            let shape = golden.shapes[&format!("grad.{name}")].clone();
            (name, TensorView::new(safetensors::Dtype::F32, shape, data).unwrap())
        });
        files.insert(file.to_string(), safetensors::serialize(views, None).unwrap());
    }
    adapterhub::from_files("gradients", &files).unwrap()
}

/// A label a text, or a label a token where tokens are tagged, not all of them.
fn labels(golden: &Golden) -> Vec<u32> {
    let labels = &golden.counts["labels"];
    match golden.counts.get("labeled") {
        None => labels.clone(),
        Some(labeled) => {
            labels.iter().zip(labeled).map(|(label, one)| if *one == 1 { *label } else { IGNORED }).collect()
        }
    }
}

/// What the head should give, as its kind asks for.
fn targets(device: &Device, head: &HeadConfig, golden: &Golden) -> Box<dyn Targets> {
    let numbers = |loss| NumberTargets::new(device, loss, head.num_labels, &golden.floats["labels"]);
    match head.kind {
        HeadKind::MultiLabel => Box::new(numbers(ElementLoss::BinaryCrossEntropy)),
        HeadKind::Regression => Box::new(numbers(ElementLoss::SquaredError)),
        HeadKind::QuestionAnswering | HeadKind::MultipleChoice => {
            let lengths: Vec<usize> =
                golden.counts["segments"].windows(2).map(|ends| (ends[1] - ends[0]) as usize).collect();
            let labels = &golden.counts["labels"];
            Box::new(SegmentTargets::new(device, &lengths, labels, labels.len() / lengths.len()))
        }
        _ => Box::new(LabelTargets::new(device, &labels(golden))),
    }
}

/// Every case, with its backbone on the device.
fn backbones_and_cases(device: &Device) -> impl Iterator<Item = (Rc<Backbone>, String)> {
    golden::tiny_adapters().into_iter().flat_map(|(backbone, cases)| {
        let backbone = Rc::new(golden::tiny(&backbone, device));
        cases.into_iter().map(move |case| (Rc::clone(&backbone), case))
    })
}

#[test]
fn every_configuration_against_autograd() {
    let (mut compared, mut begun_above) = (0, 0);
    for device in devices() {
        let mut worst = (0.0, String::new());
        for (backbone, case) in backbones_and_cases(&device) {
            let golden = Golden::read(&format!("{case}/golden.safetensors"));
            let has_gradients = golden.floats.keys().any(|key| key.starts_with("grad."));
            if !has_gradients {
                continue;
            }
            let file = AdapterFile::load(golden::path(&case)).unwrap();
            let expected = expected(&case, &golden);
            let adapter = Adapter::load_trainable(&backbone, &file).unwrap();

            let (ids, starts) = golden.batch();
            let whole = backbone.batch(ids, &golden.types(), starts).unwrap();
            let read = |tensor: &Tensor| pollster::block_on(device.read(tensor)).unwrap();
            // Where the adapter leaves out the lowest layers, also with those computed before.
            let lowest = adapter.description().config.lowest_layer(backbone.config().num_hidden_layers);
            let upper = (lowest > 0).then(|| {
                let hidden = read(&backbone.lower(&whole, lowest).unwrap());
                backbone.batch_at(lowest, &hidden, starts).unwrap()
            });
            begun_above += usize::from(upper.is_some());
            for batch in [Some(whole), upper].into_iter().flatten() {
                let batch = golden.of_texts(batch, &device);
                let mut tape = Tape::training(&device, None);
                let hidden = backbone.forward(&mut tape, &batch, Some(&adapter), 0.0).unwrap();
                let logits = adapter.head().unwrap().forward(&mut tape, &backbone, &hidden, &batch, 0.0);
                let targets = targets(&device, adapter.description().head.as_ref().unwrap(), &golden);
                let Loss { root, gradient, shares } = targets.loss(&mut tape, &logits).unwrap();
                clear(&device, adapter.arena().grads().unwrap());
                tape.backward(&root, gradient);

                let loss: f32 = read(&shares).iter().sum();
                assert!((loss - golden.floats["loss"][0]).abs() < 1e-5, "{}: {case}: loss {loss}", device.name());
                let found = adapter.arena().unpack(&read(adapter.arena().grads().unwrap()));
                assert_eq!(found.len(), expected.tensors.len(), "{case}");
                for (tensor, found) in &found {
                    let expected = &expected.tensors[tensor].data;
                    if expected.iter().all(|value| value.abs() < 1e-12) {
                        // What is added to every row of a softmax changes nothing: there, only rounding is left.
                        assert!(
                            found.data.iter().all(|value| value.abs() < 1e-6),
                            "{}: {case} {tensor}",
                            device.name()
                        );
                        continue;
                    }
                    let error = nmse(&found.data, expected);
                    assert!(error <= 1e-8, "{}: {case}: gradient of {tensor}: NMSE {error:e}", device.name());
                    if error > worst.0 {
                        worst = (error, format!("{case} {tensor}"));
                    }
                    compared += 1;
                }
            }
        }
        println!("{}: worst NMSE {:e} ({})", device.name(), worst.0, worst.1);
    }
    assert!(begun_above > 10, "only {begun_above} cases begin above");
    assert!(compared > 1700, "only {compared} gradients");
}
