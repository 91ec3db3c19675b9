//! Adapters that AdapterHub 1.3.0 wrote give AdapterHub's hidden states, logits and loss.

use graftwork_model::{Adapter, AdapterFile, Backbone};
use graftwork_tensor::Tape;
use graftwork_tests::golden::{self, Golden};
use graftwork_tests::{devices, max_difference};

fn cases(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(golden::path(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| golden::path(folder).join(name).join("adapter_config.json").is_file())
        .collect();
    names.sort();
    names
}

/// Hidden states [T, D] and logits [n, C].
fn run(backbone: &Backbone, adapter: &Adapter, golden: &Golden) -> (Vec<f32>, Option<Vec<f32>>) {
    let (ids, starts) = golden.batch();
    let batch = golden.of_texts(backbone.batch(ids, &golden.types(), starts).unwrap(), backbone.device());
    let mut tape = Tape::inference(backbone.device());
    let hidden = backbone.forward(&mut tape, &batch, Some(adapter), 0.0).unwrap();
    let logits = adapter.head().map(|head| head.forward(&mut tape, backbone, &hidden, &batch, 0.0));
    let read = |tensor| pollster::block_on(backbone.device().read(tensor)).unwrap();
    (read(hidden.last().value()), logits.as_ref().map(|logits| read(logits.value())))
}

#[test]
fn every_configuration_on_every_tiny_backbone() {
    let mut compared = 0;
    for device in devices() {
        for (backbone, cases) in golden::tiny_adapters() {
            let backbone = golden::tiny(&backbone, &device);
            for name in &cases {
                let file = AdapterFile::load(golden::path(name)).unwrap();
                let golden = Golden::read(&format!("{name}/golden.safetensors"));
                let adapter = Adapter::load(&backbone, &file).unwrap();
                let (hidden, logits) = run(&backbone, &adapter, &golden);
                let difference = max_difference(&hidden, &golden.floats["last_hidden_state"]);
                assert!(difference < 1e-4, "{}: {name}: hidden states differ by {difference}", device.name());
                assert_eq!(logits.is_some(), golden.floats.contains_key("logits"), "{name}");
                if let Some(logits) = logits {
                    let difference = max_difference(&logits, &golden.floats["logits"]);
                    assert!(difference < 1e-4, "{}: {name}: logits differ by {difference}", device.name());
                }
                compared += 1;
            }
        }
    }
    assert!(compared >= 90 * devices().len(), "only {compared} cases");
}

/// The three methods with both head styles on real weights: logits within 1e-3.
#[test]
fn minilm() {
    let names = cases("minilm-cases");
    assert_eq!(names.len(), 6);
    for device in devices() {
        let backbone = golden::backbone(&golden::minilm_dir(), &device);
        for name in &names {
            let case = format!("minilm-cases/{name}");
            let golden = Golden::read(&format!("{case}/golden.safetensors"));
            let adapter = Adapter::load(&backbone, &AdapterFile::load(golden::path(&case)).unwrap()).unwrap();
            let (_, logits) = run(&backbone, &adapter, &golden);
            let difference = max_difference(&logits.unwrap(), &golden.floats["logits"]);
            assert!(difference < 1e-3, "{}: {name}: {difference}", device.name());
            println!("{}: {name}: logits within {difference:e}", device.name());
        }
    }
}

/// An adapter that was trained on another backbone is refused, and says which.
#[test]
fn another_backbone() {
    let backbone = golden::tiny_bert(&graftwork_tensor::Device::cpu());
    let mut file = AdapterFile::load(golden::path("tiny-cases/seq_bn-flex")).unwrap();
    file.metadata.backbone_fingerprint = Some("ab".repeat(32).parse().unwrap());
    let error = Adapter::load(&backbone, &file).unwrap_err().to_string();
    assert!(error.contains("abab") && error.contains(&backbone.fingerprint().to_string()), "{error}");
    file.metadata.backbone_fingerprint = Some(backbone.fingerprint());
    Adapter::load(&backbone, &file).unwrap();
    let minilm = AdapterFile::load(golden::path("minilm-cases/seq_bn-flex")).unwrap();
    assert!(Adapter::load(&backbone, &minilm).unwrap_err().to_string().contains("384"));
}
